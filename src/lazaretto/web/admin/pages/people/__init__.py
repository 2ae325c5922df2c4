"""People: who may do what and where, invitations, lost second factors, and tokens for programs."""

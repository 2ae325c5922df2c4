"""An end user's quarantine: the list, one message, and what can be done about it."""

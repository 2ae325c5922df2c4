"""Receives: the SMTP server that strangers connect to."""

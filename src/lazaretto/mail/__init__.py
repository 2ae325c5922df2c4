"""Bytes of a message to what is in it, and back by splicing; never re-serialised.  Pure."""

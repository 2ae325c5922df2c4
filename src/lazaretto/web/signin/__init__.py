"""Signing in and out, and what people keep about themselves."""

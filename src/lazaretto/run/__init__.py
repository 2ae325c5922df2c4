"""Builds processes from the parts: composition only; nothing imports it but commands."""

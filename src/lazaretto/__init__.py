"""Lazaretto: a cloud e-mail security platform."""

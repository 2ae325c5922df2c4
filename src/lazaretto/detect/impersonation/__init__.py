"""Senders who pretend to be somebody whom the recipient knows."""

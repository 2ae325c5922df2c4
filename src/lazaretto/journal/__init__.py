"""Append-only events: what happened to each message, in the transaction that made it happen."""

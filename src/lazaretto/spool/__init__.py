"""Where mail rests: sealed content, rows, leases and places; nothing is accepted that is not in here."""

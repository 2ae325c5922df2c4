"""People and programs: accounts, what they are granted, and their tokens."""

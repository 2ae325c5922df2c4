"""Rows and what they mean to people: everything here takes a scope first."""

"""Rows of the store about tenants: drafts, runs of the time machine, and claims of domains."""

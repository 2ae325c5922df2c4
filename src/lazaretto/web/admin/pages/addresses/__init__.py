"""Addresses that exist, as a list and by upload, and groups of people with settings of their own."""

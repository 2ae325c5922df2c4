"""Tenants as such: found, made and entered by the operator."""

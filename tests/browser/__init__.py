"""Portals in a real browser, against the whole demonstration."""

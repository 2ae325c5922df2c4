"""Domains: added and proven, their routes, and the way from red to green before mail flows."""

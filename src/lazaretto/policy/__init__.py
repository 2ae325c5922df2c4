"""Judges: findings, facts and a snapshot become decisions.  Pure."""

"""Reasons to refuse before DATA."""

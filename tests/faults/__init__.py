"""Faults that are made on purpose: processes that die at named points."""

"""Rates and sizes: measured by ``make bench``, not asserted in timed tests."""

"""Looks at messages: families of detectors that report findings and decide nothing."""

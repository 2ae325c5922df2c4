"""The administration portal."""

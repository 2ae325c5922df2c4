"""The quarantine portal of end users."""

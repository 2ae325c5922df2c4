"""Rules of the tenant's own: listed, written and removed."""

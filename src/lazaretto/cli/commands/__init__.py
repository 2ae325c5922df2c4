"""Command groups; each module has one object ``command`` and is named like it."""

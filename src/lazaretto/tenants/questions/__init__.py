"""Questions that ``check`` asks about a document that can be read; each yields warnings."""

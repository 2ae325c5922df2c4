"""The shell of all portals: layout, pieces that pages share, and how a page is found, guarded and shown."""

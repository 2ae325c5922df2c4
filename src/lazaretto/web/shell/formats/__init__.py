"""How moments are written, where Django's own way does not suit."""

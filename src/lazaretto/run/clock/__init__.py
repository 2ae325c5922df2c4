"""Jobs of the role ``jobs``, one module each; a class with a card is found by existing."""

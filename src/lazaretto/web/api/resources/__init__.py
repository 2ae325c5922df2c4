"""One module for each kind of resource, with a ``router``; a module registers by being here."""

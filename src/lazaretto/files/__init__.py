"""Files of this machine: put in place whole, durable where it matters.  Knows nothing of what is in them."""

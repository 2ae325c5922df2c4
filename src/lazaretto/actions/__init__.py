"""Changes: what an order of policy does to a copy of a message, one module per action."""

"""Letters of our own wording: wanted mail and lures of kinds that collections of mail lack."""

"""The pages behind links in digests and confirmations: GET shows, POST does, once."""

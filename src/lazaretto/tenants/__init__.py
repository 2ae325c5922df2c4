"""Each tenant's configuration: one document, published as an immutable, versioned snapshot."""

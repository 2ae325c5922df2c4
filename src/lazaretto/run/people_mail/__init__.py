"""Mail to a tenant's people about their own quarantine: digests, confirmations, decisions, answers."""

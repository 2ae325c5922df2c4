"""What end users set for themselves: their senders, digests, further addresses and readers."""

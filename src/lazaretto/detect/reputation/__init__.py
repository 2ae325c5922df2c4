"""What lists say about a sender."""

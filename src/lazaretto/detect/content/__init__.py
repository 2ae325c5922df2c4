"""What a message says and how it is made: texts, header fields, structure."""

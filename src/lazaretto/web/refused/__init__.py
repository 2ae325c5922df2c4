"""The public page behind the reference in a ``550``: why, and what a sender can do."""

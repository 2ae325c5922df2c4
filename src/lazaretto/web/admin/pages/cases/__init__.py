"""What people reported, and what came of it."""

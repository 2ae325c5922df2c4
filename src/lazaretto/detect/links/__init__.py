"""Where links lead, and what they show."""

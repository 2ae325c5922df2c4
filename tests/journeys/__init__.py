"""Journeys: what the service description promises, from port 25 to the next hop."""

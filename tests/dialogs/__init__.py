"""SMTP conversations as text, held with a real listening edge."""

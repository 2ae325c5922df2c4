"""Sends: finds the next hop, talks SMTP to it, tries again for days, tells the sender when it gives up."""

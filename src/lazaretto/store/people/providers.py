"""Tenants' own identity providers: which of them answers for an address."""

from __future__ import annotations

from lazaretto.store.people.models import Provider


def provider_of(email: str) -> Provider | None:
    """Return the provider that answers for ``email``; None = there is none."""
    return Provider.objects.filter(domain=email.rpartition("@")[2].lower()).first()


def is_only_way(email: str) -> bool:
    """Tell whether people of this address's domain sign in through their provider alone."""
    found = provider_of(email)
    return found is not None and found.is_only_way

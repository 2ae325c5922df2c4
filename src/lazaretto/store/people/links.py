"""Mailed links: good once, not for long, for one address and one purpose; looking at one changes nothing."""

from __future__ import annotations

import secrets
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

from lazaretto.store.people.models import Link
from lazaretto.store.people.tokens import digest_of


class Purpose(Enum):
    """What a link is for."""

    SIGN_IN = "sign-in"
    INVITATION = "invitation"
    PASSWORD = "password"  # noqa: S105 - a purpose, no password
    SAML = "saml"
    """Never mailed: an answer that came across sites, until the browser that began comes by itself."""


GOOD_FOR: Final = {
    Purpose.SIGN_IN: timedelta(minutes=15),
    Purpose.INVITATION: timedelta(days=7),
    Purpose.PASSWORD: timedelta(minutes=30),
    Purpose.SAML: timedelta(minutes=2),
}


def make_link(address: str, purpose: Purpose, now: datetime | None = None, *, bound_to: str = "") -> str:
    """Return the secret of a fresh link; earlier ones for the same address and purpose end.

    It is good only together with ``bound_to``, whoever brings it.
    """
    now = now or datetime.now(UTC)
    Link.objects.filter(expires_at__lte=now).delete()
    Link.objects.filter(address=address, purpose=purpose.value).delete()
    secret = secrets.token_urlsafe(32)
    Link.objects.create(
        digest=digest_of(secret + bound_to),
        address=address,
        purpose=purpose.value,
        expires_at=now + GOOD_FOR[purpose],
    )
    return secret


def looked_at(secret: str, now: datetime | None = None) -> tuple[str, Purpose] | None:
    """Return address and purpose of a link that is still good; it stays so."""
    found = Link.objects.filter(digest=digest_of(secret), expires_at__gt=now or datetime.now(UTC)).first()
    return None if found is None else (found.address, Purpose(found.purpose))


def used(secret: str, now: datetime | None = None, *, bound_to: str = "") -> tuple[str, Purpose] | None:
    """Return address and purpose of a link that is still good, and let it be good no more."""
    found = looked_at(secret + bound_to, now)
    is_first = Link.objects.filter(digest=digest_of(secret + bound_to)).delete()[0] == 1
    return found if is_first else None

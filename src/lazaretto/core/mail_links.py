"""Links in mail to people: what one is for, sealed so that nobody can make or change one.

A link names one purpose, one person and one thing, and ends by itself.  Following it shows a page and
changes nothing: scanners follow every link.  What it allows happens when the page's form is sent, once.
"""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from typing import Final

from lazaretto.core.identity import TenantId

VALID_FOR: Final = timedelta(days=14)
LONGEST: Final = 1_200
"""Characters of a link's secret part; anything longer is none of ours."""
_MARK: Final = b"lazaretto mail link 1\0"
_TAG: Final = 20


class LinkPurpose(Enum):
    """What a link is for."""

    ITEM = "i"
    """See one quarantined copy, and decide about it; the item is the copy."""
    UNSUBSCRIBE = "u"
    """Get no digests any more."""
    ADDRESS = "a"
    """Confirm that a further address is somebody's own; the item is who asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailLink:
    """What a link says."""

    purpose: LinkPurpose
    tenant: TenantId
    person: str
    """The folded address that it was mailed to."""
    item: str = ""
    expires_at: datetime


def sealed(link: MailLink, key: str) -> str:
    """Return the text of ``link`` for an address: letters, digits, ``-`` and ``_``."""
    values = [link.purpose.value, link.tenant, link.person, link.item, int(link.expires_at.timestamp())]
    told = json.dumps(values, ensure_ascii=False, separators=(",", ":")).encode()
    return base64.urlsafe_b64encode(_tag(told, key) + told).rstrip(b"=").decode()


def opened(text: str, key: str, now: datetime) -> MailLink | None:
    """Return the link that ``text`` is; None when it is none of ours, was changed, or is over."""
    if len(text) > LONGEST or not text.isascii():
        return None
    try:
        octets = base64.b64decode(text + "=" * (-len(text) % 4), altchars=b"-_", validate=True)
    except ValueError:
        return None
    tag, told = octets[:_TAG], octets[_TAG:]
    if not hmac.compare_digest(tag, _tag(told, key)):
        return None
    purpose, tenant, person, item, ends = json.loads(told)
    expires_at = datetime.fromtimestamp(ends, UTC)
    if now >= expires_at:
        return None
    return MailLink(
        purpose=LinkPurpose(purpose), tenant=TenantId(tenant), person=person, item=item, expires_at=expires_at
    )


def digest_of(text: str) -> bytes:
    """Return by what a link is remembered once it was used."""
    return hashlib.sha256(text.encode()).digest()


def _tag(told: bytes, key: str) -> bytes:
    return hmac.new(_MARK + key.encode(), told, hashlib.sha256).digest()[:_TAG]

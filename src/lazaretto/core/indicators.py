"""Indicators: single traits of messages that an administrator wants something done about."""

from __future__ import annotations

import hashlib
import unicodedata
from dataclasses import dataclass
from datetime import datetime
from enum import Enum
from typing import Final

from lazaretto.core.envelope import Direction


class IndicatorKind(Enum):
    """Which trait of a message is meant."""

    ATTACHMENT_NAME = "attachmentname"
    """A file's name in any case; ``*`` stands for any characters."""
    ATTACHMENT_MD5 = "md5attachment"
    ATTACHMENT_SHA256 = "sha2attachment"
    AUTHOR_DOMAIN = "bodysenderdomain"
    """Of the From field, with all domains below it."""
    AUTHOR_ADDRESS = "bodysenderemail"
    AUTHOR_TOP_LEVEL = "bodysendertopleveldomain"
    SENDER_DOMAIN = "envelopesenderdomain"
    """Of the reverse path, with all domains below it."""
    SENDER_ADDRESS = "envelopesenderemail"
    SENDER_TOP_LEVEL = "envelopesendertopleveldomain"
    CLIENT_ADDRESS = "senderipaddress"
    CLIENT_NETWORK = "senderiprange"
    RECIPIENT_DOMAIN = "recipientdomain"
    RECIPIENT_ADDRESS = "recipientemail"
    SUBJECT = "subject"
    """The whole subject in any case; ``*`` stands for any characters."""
    URL = "url"
    """A host, with all hosts below it, or a host with a path."""


class IndicatorAction(Enum):
    """What is done about a message with the trait."""

    BLOCK = "block"
    """Refused while the client is there, else deleted."""
    QUARANTINE = "quarantine"
    REDIRECT = "redirect"
    """To the tenant's first administrator."""
    TAG = "tag"
    """A tag before the subject."""
    HEADER = "header"
    """A header field."""
    ALLOW = "allow"
    """What detectors found about this very file or address does not count."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Indicator:
    """One entry, in the one spelling under which traits are compared."""

    id: int
    kind: IndicatorKind
    value: str
    action: IndicatorAction
    directions: tuple[Direction, ...]
    expires_at: datetime

    def counts_for(self, directions: frozenset[Direction], at: datetime) -> bool:
        """Tell whether it is about mail of any of ``directions`` received ``at`` that moment."""
        return at < self.expires_at and not directions.isdisjoint(self.directions)


DIGEST: Final = 8
"""Octets: among a million messages and a thousand indicators, a wrong match is a matter of centuries."""


def trait_digest(kind: IndicatorKind, value: str) -> bytes:
    """Return the eight octets that stand for one trait where many are kept.

    Those of web addresses begin their SHA-256 sums, so that lists of sums can be compared with them.
    """
    if kind is IndicatorKind.URL:
        return hashlib.sha256(value.encode("utf-8", "replace")).digest()[:DIGEST]
    return plain_digest(kind, value)


def plain_digest(kind: IndicatorKind, value: str) -> bytes:
    """Return the digest as it is for all other kinds; mail of earlier versions has web addresses so, too."""
    text = f"{kind.value}\0{value}".encode("utf-8", "surrogatepass")
    return hashlib.blake2b(text, digest_size=DIGEST).digest()


@dataclass(frozen=True, slots=True)
class KeptTraits:
    """What is kept of a message that was let through, so that what becomes known too late is still found."""

    digests: bytes = b""
    """Of whole traits, eight octets each, sorted."""
    names: tuple[str, ...] = ()
    """Of files, in the spelling of indicators: patterns have no digest."""
    subject: str = ""
    """In that spelling, too."""


def spelt(text: str) -> str:
    """Return ``text`` as names of files and subjects are compared: letters that look alike are one."""
    # Folding may leave what the form does not have (U+0390), and the form what folds (U+2126).
    folded = unicodedata.normalize("NFKC", text).casefold()
    return folded if folded.isascii() else unicodedata.normalize("NFKC", folded)


LONGEST_URL: Final = 1_000
"""Characters of a web address that are compared."""


def url_trait(host: str, rest: str) -> str:
    """Return how a web address is spelt as a trait: no scheme, port or fragment, no slash at the end."""
    return f"{host.lower()}{rest.partition('#')[0]}".removesuffix("/")[:LONGEST_URL]


def stands_for(value: str, text: str) -> bool:
    """Tell whether ``value``, in which each ``*`` is any characters, stands for the whole of ``text``.

    Each piece is looked for once from where the one before it ended, so that no value makes it take long.
    """
    first, *rest = value.split("*")
    if not rest:
        return value == text
    *pieces, last = rest
    at, end = len(first), len(text) - len(last)
    if at > end or not text.startswith(first) or not text.endswith(last):
        return False
    for piece in pieces:
        at = text.find(piece, at, end)
        if at < 0:
            return False
        at += len(piece)
    return True

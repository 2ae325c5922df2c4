"""Who sent a message to whom, over which connection (RFC 5321 §2.3.1); not part of the message."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from lazaretto.core.address import domain_of
from lazaretto.core.identity import TenantId


class Direction(Enum):
    """Which way a message crosses the platform, seen from the tenant."""

    INBOUND = "inbound"
    OUTBOUND = "outbound"
    INTERNAL = "internal"
    """Composed by us: DSNs, notifications, digests."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Tls:
    """What a TLS handshake agreed on."""

    protocol: str
    """``TLSv1.2``, ``TLSv1.3``."""
    cipher: str
    bits: int
    verified: bool = False
    """The other side's certificate was asked for and is valid for its name."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """The other end of an SMTP session."""

    ip: str
    port: int = 0
    helo: str = ""
    extended: bool = True
    """It greeted with EHLO, not HELO."""
    hostname: str = ""
    """Its forward-confirmed reverse name; empty when there is none or it is not known yet."""
    tls: Tls | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipient:
    """One forward path with what its RCPT asked for (RFC 3461 §4)."""

    address: str
    """As written by the client, domain as A-labels."""
    notify: tuple[str, ...] = ()
    """``NEVER`` or any of ``SUCCESS FAILURE DELAY``; empty when not said."""
    original: str = ""
    """ORCPT, still in xtext; empty when not said."""

    @property
    def domain(self) -> str:
        """The lower-case domain."""
        return domain_of(self.address)


@dataclass(frozen=True, slots=True, kw_only=True)
class Envelope:
    """Reverse path, recipients and their options of one transaction."""

    reverse_path: str
    """Address for DSNs; empty for the null reverse path."""
    recipients: tuple[Recipient, ...]
    body: str = "7BIT"
    """``7BIT`` or ``8BITMIME``."""
    smtputf8: bool = False
    envid: str = ""
    """ENVID, still in xtext."""
    ret: str = ""
    """``FULL``, ``HDRS`` or empty."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leg:
    """The part of a transaction that belongs to one tenant: judged, stored and keyed apart."""

    tenant: TenantId
    direction: Direction
    recipients: tuple[Recipient, ...] = field(default=())

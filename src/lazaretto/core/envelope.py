"""Who sent a message to whom, over which connection (RFC 5321 §2.3.1); not part of the message."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum

from lazaretto.core.address import domain_of
from lazaretto.core.excess import Excess
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
class TlsRecord:
    """How a channel came to be encrypted, or came not to be; the same for both legs of a message."""

    advertised: bool = False
    """The server offered STARTTLS."""
    used: bool = False
    policy: str = "opportunistic"
    """Who demanded what: ``opportunistic``, ``route verified``, ``partner strong``, ``mta-sts``, ``dane``;
    of the inbound leg ``opportunistic``, ``partner inbound`` or ``outbound required``."""
    protocol: str = ""
    cipher: str = ""
    bits: int = 0
    verified: bool = False
    """The certificate of the other side is what was demanded; False also where nobody demanded any."""
    forward_secrecy: bool = False
    fallback_reason: str = ""
    """Why less than was tried first had to do; empty where nothing less had to."""
    failure: str = ""
    """What went wrong at any try, of the outbound leg in a word of RFC 8460 §4.3; empty when nothing did."""


def has_forward_secrecy(protocol: str, cipher: str) -> bool:
    """Tell whether what was said stays secret when the server's key is stolen later."""
    return protocol == "TLSv1.3" or cipher.startswith(("ECDHE", "DHE"))


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
    channel: TlsRecord | None = None
    """None where nobody looked, as of mail that is read from files."""


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
    tls_policy: str = "opportunistic"
    """What was demanded of the channel on which it came, in the words of ``TlsRecord.policy``."""
    excess: Excess | None = None
    """The limit of what may be sent that it went beyond, and still was taken."""

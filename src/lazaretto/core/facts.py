"""What is known about a message besides its octets: DNS, sender authentication, reputation.

Facts are gathered in two steps.  ``Gathered`` is what had to be asked from outside, by the process
that may talk to the network; ``Facts`` adds what a scan worker without any network computes from
it.  Both are stored with the message, so that a verdict can be computed again later.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import Protocol

from lazaretto.core.envelope import Client
from lazaretto.core.identity import TenantId


class DnsStatus(Enum):
    """How a DNS question ended."""

    ANSWER = "answer"
    NO_DATA = "no data"
    NO_DOMAIN = "no domain"
    SERVER_FAILURE = "server failure"
    TIMEOUT = "timeout"


@dataclass(frozen=True, slots=True)
class DnsAnswer:
    """The records of one question; empty unless ``status`` is ANSWER.

    Records are in presentation form: addresses as text, MX as ``"10 host"``, TXT strings joined
    (octets above 127 as Latin-1 characters), names lower case without the trailing dot.
    """

    status: DnsStatus
    records: tuple[str, ...] = ()
    ttl: int = 0
    authentic: bool = False
    """Signed, and the signatures were verified (DNSSEC); False also where nobody can tell."""

    @property
    def failed(self) -> bool:
        """Tell whether nothing was learnt; asking again later may help."""
        return self.status in (DnsStatus.SERVER_FAILURE, DnsStatus.TIMEOUT)


class Resolver(Protocol):
    """Asks the DNS.  Never raises for an answer of the network; bounded in time."""

    async def ask(self, name: str, kind: str) -> DnsAnswer:
        """Return the records of ``kind`` (``A AAAA MX TXT PTR CNAME TLSA CAA``) at ``name``."""


class AuthResult(Enum):
    """Result words of RFC 8601 §2.7."""

    NONE = "none"
    PASS = "pass"  # noqa: S105 - the word of RFC 8601, no secret
    FAIL = "fail"
    SOFTFAIL = "softfail"
    NEUTRAL = "neutral"
    POLICY = "policy"
    TEMPERROR = "temperror"
    PERMERROR = "permerror"


@dataclass(frozen=True, slots=True, kw_only=True)
class Spf:
    """Outcome of ``check_host`` (RFC 7208) for the reverse path, or HELO when that is null."""

    result: AuthResult = AuthResult.NONE
    domain: str = ""
    """The domain that was checked."""
    mechanism: str = ""
    """The directive that matched, as written; empty for the default result."""
    problem: str = ""
    """Why temperror or permerror, in words for our own people."""
    explanation: str = ""
    """The sending domain's own ``exp=`` text, printable ASCII; a stranger's words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dkim:
    """Outcome of one DKIM signature (RFC 6376)."""

    result: AuthResult
    domain: str = ""
    selector: str = ""
    identity: str = ""
    algorithm: str = ""
    problem: str = ""
    body_covered: bool = True
    """False when ``l=`` leaves part of the body unsigned."""
    unsigned: tuple[str, ...] = ()
    """Names of fields that readers go by and the signature leaves open: ``subject``, ``reply-to`` …"""


@dataclass(frozen=True, slots=True, kw_only=True)
class Dmarc:
    """Outcome of DMARC (RFC 9989) for the author's domain."""

    result: AuthResult = AuthResult.NONE
    domain: str = ""
    """The author's domain."""
    policy_domain: str = ""
    """Where the record was found."""
    policy: str = ""
    """What the domain owner asks for: ``none``, ``quarantine``, ``reject``; empty without record."""
    aligned_by: tuple[str, ...] = ()
    """``spf``, ``dkim`` or both."""
    record: str = ""
    """The text of the record that was applied, when it asks for aggregate reports."""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Arc:
    """Outcome of an ARC chain (RFC 8617)."""

    result: AuthResult = AuthResult.NONE
    sealers: tuple[str, ...] = ()
    """Domains that sealed, oldest first."""
    problem: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Leaving:
    """Says that a message leaves a tenant, and which of the addresses in its From field are the tenant's.

    Validation lists are large and stay with those who ask for a look; this is all of them that it needs.
    """

    tenant: TenantId
    registered: frozenset[str] = frozenset()
    """Folded."""


class EngineOutcome(Enum):
    """What a scanner outside this program says of a message."""

    CLEAN = "clean"
    FOUND = "found"
    INCOMPLETE = "incomplete"
    """It did not look into everything."""


@dataclass(frozen=True, slots=True)
class EngineAnswer:
    """A scanner's answer."""

    engine: str
    outcome: EngineOutcome
    name: str = ""
    """What it found, or why it did not look into everything; its own words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """That a list names the client, or a domain of the message."""

    list: str
    """The list's zone, or the name of its file."""
    meaning: str
    """``listed`` or ``dynamic``."""
    weight: float
    """How far the operator believes it; 1 = enough alone."""
    subject: str
    """What stands there: an address, a network or a domain."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquaintance:
    """Who of a tenant's people had mail with the author of a message before.

    Names are folded mailboxes; the empty name stands for the tenant as a whole.
    """

    tenant: TenantId
    asked: tuple[str, ...] = ()
    """The recipients of the message whose acquaintance was asked for."""
    vouched: tuple[str, ...] = ()
    """Who knows the author from mail that somebody vouched for."""
    claimed: tuple[str, ...] = ()
    """Who knows the author from mail for which nobody vouched."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Colleagues:
    """Names under which a message is written and that are those of people on a tenant's validation list."""

    tenant: TenantId
    names: tuple[str, ...]
    """As the message shows them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gathered:
    """What had to be asked from outside before a message could be looked at."""

    received_at: datetime
    client: Client
    spf: Spf = Spf()
    dns: Mapping[str, DnsAnswer] = field(default_factory=dict)
    """Answers that the look needs (keys, policies), by ``"KIND name"``: ``"TXT s1._domainkey.a.example"``."""
    listings: tuple[Listing, ...] = ()
    """Where the client or a domain of the message stands on lists."""
    engines: tuple[EngineAnswer, ...] = ()
    """What scanners outside this program say."""
    leaving: Leaving | None = None
    """None for mail that comes in."""
    acquaintances: tuple[Acquaintance, ...] = ()
    """One for each tenant that is asked and whose mail has been known long enough to tell."""
    colleagues: tuple[Colleagues, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """Everything that detectors and policy may know besides the message itself."""

    received_at: datetime
    client: Client
    reverse_path: str = ""
    recipients: tuple[str, ...] = ()
    spf: Spf = Spf()
    dkim: tuple[Dkim, ...] = ()
    dmarc: Dmarc = Dmarc()
    arc: Arc = Arc()
    listings: tuple[Listing, ...] = ()
    engines: tuple[EngineAnswer, ...] = ()
    leaving: Leaving | None = None
    acquaintances: tuple[Acquaintance, ...] = ()
    colleagues: tuple[Colleagues, ...] = ()

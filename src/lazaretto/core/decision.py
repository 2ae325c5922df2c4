"""What policy decides: dispositions, action orders, decisions, and the splices that carry them out."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum, IntEnum
from typing import Any

from lazaretto.core.envelope import Direction
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.identity import TenantId
from lazaretto.core.indicators import KeptTraits
from lazaretto.core.malware_event import SeenMail


class Disposition(IntEnum):
    """What becomes of one copy of a message, mildest first.

    The order is a promise to customers: where several services disagree, the most severe
    disposition wins.  The gaps leave room for new values between old ones.
    """

    DELIVER = 10
    REDIRECT = 20
    QUARANTINE = 30
    DELETE = 40
    REJECT = 50

    @property
    def word(self) -> str:
        """The word of documents, commands and pages."""
        return self.name.lower()


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionOrder:
    """An order to one action of the catalogue: ``tag-subject``, ``add-header``, ``copy-to`` …"""

    action: str
    parameters: dict[str, str] = field(default_factory=dict)


ALWAYS_CARRIED_OUT = frozenset({"notify"})
"""Orders that hold also for a copy that is stopped: they change nothing of it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeOrder:
    """An order to tell somebody."""

    audience: str
    """``administrator``, ``sender`` or ``recipient``."""
    rule: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """What is to be told to whom, once the message is safe."""

    tenant: TenantId
    audience: str
    """As an order's, or ``rule-failure``: administrators, where a rule could not be tried."""
    rule: str
    to: tuple[str, ...]
    about: tuple[str, ...]
    """The recipients whose copy it is about."""
    disposition: str
    language: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Reason:
    """Why a decision is as it is: the rule that spoke, and what made it speak."""

    rule: str
    """The rule's name, as in the tenant's document."""
    disposition: Disposition
    symbols: tuple[str, ...] = ()
    setting: str = ""
    """Path of the setting in the tenant's document, and its value: ``antispam.spam = tag-subject``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What becomes of the copy of some recipients of one tenant."""

    recipients: tuple[str, ...]
    disposition: Disposition
    orders: tuple[ActionOrder, ...] = ()
    reasons: tuple[Reason, ...] = ()
    """The reason that decided comes first."""
    quarantine_reason: str = ""
    """``malware``, ``phishing``, ``spam``, ``bulk``, ``unscannable``, ``policy``, ``impersonation``,
    ``refused``…"""
    reply_text: str = ""
    """Words of the 550 when everybody's disposition is reject; empty = the general words."""
    reply_status: str = ""
    """Enhanced status code with those words (RFC 3463, RFC 7372); empty = 5.7.1."""
    after_acceptance: Disposition = Disposition.QUARANTINE
    """What a rejection becomes where the client is told 250 all the same: quarantine or delete."""
    keep_days: int = 0
    """Days that it rests in quarantine; 0 = as the platform's settings say."""
    judged: Disposition | None = None
    """What it was before the client was told 250; None = nothing else."""


@dataclass(frozen=True, slots=True)
class Splice:
    """Replace ``length`` octets at ``offset`` of the message as received by ``octets``.

    Splices of one message are sorted by offset and do not overlap; applying them is
    ``mail.splicing.splice``.
    """

    offset: int
    length: int
    octets: bytes


class Place(Enum):
    """Where in a message something differs."""

    HEADER = "header"
    TEXT = "text"
    FILE = "file"


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """One thing that a delivered message has otherwise than the received one, for people; cut short."""

    action: str
    """The action of the catalogue that wanted it; empty = we did, of our own accord."""
    place: Place
    name: str
    """The field, the file, or the type of the text."""
    before: str
    """Empty = it was not there."""
    after: str
    """Empty = it is not there any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Copy:
    """One message for recipients that share tenant, decision and changes."""

    tenant: TenantId
    direction: Direction
    decision: Decision
    deliver_to: tuple[str, ...] = ()
    """Where it goes instead of to its recipients (redirect); empty = to them."""
    splices: tuple[Splice, ...] = ()
    differences: tuple[Difference, ...] = ()
    """What the splices change, but for the fields that all incoming mail gets from us."""
    additional: bool = False
    """A copy that an action ordered (copy-to): not one of the sender's recipients."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What one tenant is told of a look: its own lists found something, others' did not."""

    verdict: Verdict
    score: float
    findings: tuple[Finding, ...]
    sums: dict[str, float] = field(default_factory=dict)
    """How much speaks for ``spam``, ``phishing`` and ``bulk``, in the unit of thresholds."""
    tenant: str = ""
    """The tenant's name."""
    version: int = 0
    """Of the tenant's configuration by which it was judged."""
    shadow: tuple[Decision, ...] = ()
    """What the configuration with everything that is only on trial would have decided, where it
    differs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Summary:
    """What trace and quarantine lists show of a message; decoded, cut, safe as plain text."""

    subject: str = ""
    message_id: str = ""
    """The Message-ID field with its brackets; empty when there is none."""
    author: str = ""
    """The From field, decoded."""
    attachments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """What look and judge made of one message, for all its tenants."""

    verdict: Verdict
    score: float
    findings: tuple[Finding, ...]
    copies: tuple[Copy, ...]
    notices: tuple[Notice, ...] = ()
    """Due once the message is committed, or refused."""
    looks: dict[int, Look] = field(default_factory=dict)
    """By tenant; for people of one tenant nothing else is told."""
    summary: Summary = Summary()
    facts: dict[str, Any] = field(default_factory=dict)
    """The facts as JSON values, for the trace."""
    versions: dict[str, str] = field(default_factory=dict)
    """Versions of rules, models and snapshots that took part."""
    timings: dict[str, float] = field(default_factory=dict)
    """Milliseconds per step."""
    return_path_trusted: bool = False
    """SPF or aligned DKIM vouches for the reverse path (or none is published and it is clean)."""
    reference: str = ""
    """Public code by which a refused sender can ask about this message."""
    features: KeptTraits = field(default_factory=KeptTraits)
    """By which it is found when something about it becomes known too late; empty where nobody gets it."""
    seen: SeenMail | None = None
    """What is kept of a message in which malware was found, or that somebody wants recorded."""
    recorded_for: frozenset[int] = frozenset()
    """Tenants that want a detailed record of it though it may be safe."""

    def findings_of(self, tenant: TenantId) -> tuple[Finding, ...]:
        """Return what ``tenant`` may see: another tenant's lists and indicators are none of its business."""
        look = self.looks.get(tenant)
        return self.findings if look is None else look.findings

"""A tenant's published configuration, compiled: immutable, versioned, read by the whole mail path.

``tenants`` builds and follows snapshots; everybody else only reads these types.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from enum import Enum
from typing import Final, Protocol

from lazaretto.core.address import domain_of, fold
from lazaretto.core.cards import OPTION_OF, Option, Service
from lazaretto.core.decision import ActionOrder, Disposition
from lazaretto.core.end_users import DigestWanted, EndUserSettings
from lazaretto.core.envelope import Direction
from lazaretto.core.excess import ExcessAction, SendingLimits
from lazaretto.core.findings import Verdict
from lazaretto.core.identity import TenantId
from lazaretto.core.indicators import Indicator
from lazaretto.core.leanings import Leaning
from lazaretto.core.networks import network_holding

MEGABYTE = 1_000_000
DEFAULT_MAX_MESSAGE_SIZE = 50 * MEGABYTE
DEFAULT_THRESHOLDS: Final[Mapping[str, float]] = {"spam": 5.0, "phishing": 5.0, "bulk": 5.0}
"""Scores from which a class is meant where a tenant says nothing."""
ALL_APPROVALS: Final = frozenset({"SENDER_APPROVED_ADDRESS", "SENDER_APPROVED_IP"})
"""Findings that the sender is on the tenant's list of approved senders, and proved to be the sender."""


class TlsDemand(Enum):
    """What a route demands of its channel."""

    OPPORTUNISTIC = "opportunistic"
    REQUIRED = "required"
    """Encrypted, any certificate."""
    VERIFIED = "verified"
    """Encrypted, with a certificate that is valid for the host's name."""


class TlsMode(Enum):
    """What enforced TLS demands of the hosts that take a partner's mail, beyond encryption."""

    ANY = "any"
    """Any certificate."""
    VALID = "valid"
    """A certificate of a known issuer that is valid for the host's name."""
    STRONG = "strong"
    """A certificate of a known issuer for one of the trusted names, or for the partner's own domain."""
    PINNED = "pinned"
    """A certificate, or a public key, whose SHA-256 is listed."""
    DANE = "dane"
    """What the host's TLSA records name (RFC 7672); there must be some."""
    MTA_STS = "mta-sts"
    """What the domain's policy says (RFC 8461), even in testing; there must be one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsPartner:
    """A domain to which mail goes encrypted or not at all; its sub-domains are meant as well."""

    domain: str
    """Lower case, A-labels."""
    mode: TlsMode = TlsMode.VALID
    minimum_version: str = "TLSv1.2"
    """``TLSv1.2`` or ``TLSv1.3``."""
    excluded: frozenset[str] = frozenset()
    """Sub-domains that are left out, with all below them."""
    trusted_names: tuple[str, ...] = ()
    """Names that STRONG accepts; ``.a.example`` stands for all names below."""
    pins: tuple[str, ...] = ()
    """SHA-256 of certificates or public keys (SubjectPublicKeyInfo), lower-case hexadecimal."""
    inbound: bool = False
    """Mail from there must come encrypted as well."""


class AddressFamily(Enum):
    """At which of its addresses a host is called."""

    ANY = "any"
    IPV4 = "ipv4"
    IPV6 = "ipv6"


class HostLookup(Enum):
    """How the name of a next hop leads to machines."""

    ADDRESS = "address"
    """It is a host: its addresses are called."""
    MX = "mx"
    """It is a domain: its MX hosts are called, in their order."""


@dataclass(frozen=True, slots=True, kw_only=True)
class NextHop:
    """A host that mail is handed to."""

    host: str
    """A name or an IP address."""
    port: int = 25
    preference: int = 10
    tls: TlsDemand = TlsDemand.OPPORTUNISTIC
    weight: int = 1
    """Its share of the mail among hosts of equal preference; 0 = after all others of these."""
    family: AddressFamily = AddressFamily.ANY
    max_connections: int = 0
    """Connections at a time; 0 = no limit of its own."""
    messages_per_minute: int = 0
    """0 = no limit of its own."""
    lookup: HostLookup = HostLookup.ADDRESS
    is_fallback: bool = False
    """Called when none of the others could be reached."""

    @property
    def key(self) -> str:
        """Text under which connections, back-off and queue rows are grouped."""
        return f"{self.host}:{self.port}"


class AddressRegistration(Enum):
    """What the validation list does (service description 3.1.4)."""

    OFF = "off"
    LEARN = "learn"
    ENFORCE = "enforce"


@dataclass(frozen=True, slots=True, kw_only=True)
class SenderList:
    """Senders that an administrator blocked or approved."""

    addresses: frozenset[str] = frozenset()
    """Folded."""
    domains: frozenset[str] = frozenset()
    """Match themselves and every sub-domain."""
    networks: tuple[str, ...] = ()
    """CIDR texts."""
    expires: Mapping[str, date] = field(default_factory=dict)
    """The last day on which an entry counts, for those that end."""
    unproven: frozenset[str] = frozenset()
    """Entries that count even where nothing proves the sender."""

    def entry_for_address(self, address: str) -> str:
        """Return the entry that matches ``address``; empty when none does."""
        if not self.addresses and not self.domains:
            return ""
        folded = fold(address)
        if folded in self.addresses:
            return folded
        domain = domain_of(address)
        while domain:
            if domain in self.domains:
                return domain
            domain = domain.partition(".")[2]
        return ""

    def entry_for_ip(self, ip: str) -> str:
        """Return the narrowest network that holds ``ip``; empty when none does.

        Raises ``ValueError`` when ``ip`` is no IP address.
        """
        return network_holding(self.networks, ip) if self.networks else ""

    def on(self, day: date) -> SenderList:
        """Return the list without the entries that ended before ``day``."""
        ended = {entry for entry, last in self.expires.items() if last < day}
        if not ended:
            return self
        return SenderList(
            addresses=self.addresses - ended,
            domains=self.domains - ended,
            networks=tuple(network for network in self.networks if network not in ended),
            expires={entry: last for entry, last in self.expires.items() if entry not in ended},
            unproven=self.unproven - ended,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class PersonalSenders:
    """Senders that one person blocked or approved, for that person's mail only."""

    blocked: SenderList = SenderList()
    approved: SenderList = SenderList()

    def on(self, day: date) -> PersonalSenders:
        """Return the lists without the entries that ended before ``day``."""
        return PersonalSenders(blocked=self.blocked.on(day), approved=self.approved.on(day))


@dataclass(frozen=True, slots=True, kw_only=True)
class HeaderToken:
    """A header field that only the tenant's own mail system adds: its name and its secret."""

    name: str
    value: str


@dataclass(frozen=True, slots=True, kw_only=True)
class OutboundProofs:
    """By what a tenant's mail is known as its own where an address alone says nothing."""

    certificates: frozenset[str] = frozenset()
    """SHA-256 fingerprints of client certificates, 64 lower-case hexadecimal digits."""
    certificate_names: frozenset[str] = frozenset()
    """Lower-case DNS names in client certificates that a trusted authority signed."""
    header_tokens: tuple[HeaderToken, ...] = ()
    """Any one of these does."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """When a rule speaks.  Every part that is not empty must hold; within a part any one does."""

    verdicts: frozenset[Verdict] = frozenset()
    """Classes that the message reaches; one that reaches PHISHING reaches SPAM as well."""
    symbols: frozenset[str] = frozenset()
    """Names of findings; a ``*`` at the end stands for any ending."""
    unless: frozenset[str] = frozenset()
    """Names of findings any one of which silences the rule."""
    apart_from: frozenset[str] = frozenset()
    """Names of findings that do not count for ``verdicts``: other rules speak about them.

    What is left must reach a class by itself.
    """
    score_at_least: float | None = None
    recipients: frozenset[str] = frozenset()
    """Folded addresses or domains of the tenant; empty = everybody."""
    directions: frozenset[Direction] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """What a tenant wants when certain things were found."""

    name: str
    setting: str
    """Path in the tenant's document from which it was compiled, with its value."""
    when: Condition
    disposition: Disposition = Disposition.DELIVER
    orders: tuple[ActionOrder, ...] = ()
    quarantine_reason: str = ""
    approval_waives: bool = False
    """An antispam method: an approved sender switches it off."""
    needs_registration: bool = False
    """Its quarantine exists only where addresses are registered; elsewhere its orders alone apply."""
    reply_text: str = ""
    """Words of the 550 when it rejects; empty = the general words."""
    reply_status: str = ""
    """Enhanced status code with those words; empty = 5.7.1."""
    after_acceptance: Disposition = Disposition.QUARANTINE
    """What its rejection becomes once the message is accepted."""
    begins: date | None = None
    """The first day on which it speaks; None = it always does."""
    is_quiet: bool = False
    """It only orders changes that every message gets (a disclaimer); it is no reason for anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """What is wanted for some of a tenant's people: everything that their level changes or inherits."""

    level: str = "global"
    """``global``, ``domain customer.example``, ``group directors`` …; the nearest one that speaks."""
    rules: tuple[Rule, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    approvals: frozenset[str] = ALL_APPROVALS
    """Findings of approved senders that count here."""
    people: EndUserSettings = field(default_factory=EndUserSettings)
    """What they may do with their own quarantine."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """A newsletter that somebody wants: the method for bulk mail leaves it alone."""

    list: str
    """Lower case, as in its List-Id field between ``<`` and ``>``."""
    signed_by: str
    """The domain whose DKIM signature it must have."""
    mailboxes: tuple[str, ...] = ()
    """Who wants it, folded; empty = everybody."""
    expires: date | None = None
    """The last day on which it counts."""


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantSnapshot:
    """One tenant's whole configuration at one version."""

    tenant: TenantId
    name: str
    version: int
    domains: Mapping[str, tuple[NextHop, ...]]
    """Routes by domain, lower-case A-labels, best preference first."""
    address_registration: AddressRegistration = AddressRegistration.ENFORCE
    addresses: frozenset[str] = frozenset()
    """The validation list, folded; aliases included."""
    max_message_size: int = DEFAULT_MAX_MESSAGE_SIZE
    """Octets as transmitted."""
    blocked: SenderList = SenderList()
    approved: SenderList = SenderList()
    personal: Mapping[str, PersonalSenders] = field(default_factory=dict)
    """What single people blocked or approved, by folded mailbox."""
    protected_names: tuple[str, ...] = ()
    outbound_networks: tuple[str, ...] = ()
    """CIDR texts from which its own servers send."""
    outbound_proofs: OutboundProofs = OutboundProofs()
    """What its servers can show where their addresses are shared with others."""
    outbound_requires_tls: bool = False
    """Its own servers, too, must encrypt what they hand to us."""
    sending_limits: SendingLimits = field(default_factory=SendingLimits)
    """How much each of its senders may send, and what happens beyond."""
    similar_messages: ExcessAction = ExcessAction.LOG
    """What happens to its own mail beyond the limit of similar messages."""
    greylisting: bool = False
    """Strangers are asked to come back once before their mail is taken."""
    language: str = "en"
    """Language of notices: ``en``, ``fr``, ``nl`` or ``de``."""
    rules: tuple[Rule, ...] = ()
    thresholds: Mapping[str, float] = field(default_factory=dict)
    """Scores from which a class is meant: ``spam``, ``phishing``, ``bulk``."""
    strict_line_ends: bool = False
    """Refuse messages with stray CR or LF in place of normalising them."""
    suspended: bool = False
    administrators: tuple[str, ...] = ()
    """Addresses that notifications for administrators go to."""
    tls_partners: Mapping[str, TlsPartner] = field(default_factory=dict)
    """Enforced TLS, by the partner's domain."""
    options: Mapping[str, str] = field(default_factory=dict)
    """Small settings that single detectors and actions read, by dotted name."""
    approvals: frozenset[str] = ALL_APPROVALS
    """Findings of approved senders that count where no level says otherwise."""
    levels: tuple[Policy, ...] = ()
    """Policies of domains and groups that differ from the tenant's own."""
    domain_levels: Mapping[str, int] = field(default_factory=dict)
    """Which of ``levels`` holds for a domain."""
    address_levels: Mapping[str, int] = field(default_factory=dict)
    """Which of ``levels`` holds for a folded address, where its groups differ from its domain; -1 =
    the tenant's own."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Folded mailbox by folded alias."""
    address_patterns: tuple[str, ...] = ()
    """Addresses that exist without being listed, with one ``*`` in the local part; folded."""
    plus_addresses: bool = False
    """``bob+anything`` exists where ``bob`` does."""
    ordered: frozenset[Option] = frozenset(Option)
    """Options of the contract."""
    indicators: tuple[Indicator, ...] = ()
    """Entries of its administrators and of the operator; no part of the published document."""
    indicators_revision: int = 0
    """Counts up whenever they change."""
    leanings: tuple[Leaning, ...] = ()
    """What its people said of kinds of mail; no part of the published document."""
    people: EndUserSettings = field(default_factory=EndUserSettings)
    """What its people may do with their own quarantine where no level says otherwise."""
    without_digest: frozenset[str] = frozenset()
    """Folded mailboxes that get no digest."""
    keep_days: Mapping[str, int] = field(default_factory=dict)
    """Days in quarantine, by its reason; a reason that is not named is kept as the platform does."""
    newsletters: tuple[Newsletter, ...] = ()
    shadow: TenantSnapshot | None = None
    """The same with everything that is only on trial in force; judged beside, and never acted on."""

    def accepts(self, address: str) -> bool:
        """Tell whether mail to ``address`` is wanted; the domain must be the tenant's."""
        if domain_of(address) not in self.domains:
            return False
        if self.address_registration is not AddressRegistration.ENFORCE:
            return True
        folded = fold(address)
        return folded in self.addresses or self.takes_reports_at(folded) or self._is_derived(folded)

    def takes_reports_at(self, folded: str) -> bool:
        """Tell whether people send mail there that was judged wrongly; it is nobody's mailbox."""
        return folded in (self.options.get("reports.spam"), self.options.get("reports.not_spam"))

    def _is_derived(self, folded: str) -> bool:
        """Tell whether the address exists without being listed."""
        if self.plus_addresses and _without_plus(folded) in self.addresses:
            return True
        return any(_fits(folded, pattern) for pattern in self.address_patterns)

    def mailbox_of(self, address: str) -> str:
        """Return the folded mailbox that ``address`` belongs to: itself, unless it is an alias."""
        folded = fold(address)
        if self.plus_addresses and folded not in self.addresses:
            folded = _without_plus(folded)
        return self.aliases.get(folded, folded)

    def policy_of(self, address: str) -> Policy | None:
        """Return the policy for the one with ``address``; None = the tenant's own."""
        if not self.levels:
            return None
        number = self.address_levels.get(self.mailbox_of(address))
        if number is None:
            number = self.domain_levels.get(domain_of(address), -1)
        return self.levels[number] if number >= 0 else None

    def end_users_of(self, address: str) -> EndUserSettings:
        """Return what the owner of ``address`` may do with its quarantine, and when it gets a digest."""
        policy = self.policy_of(address)
        settings = self.people if policy is None else policy.people
        if settings.digest.hours and self.mailbox_of(address) in self.without_digest:
            return replace(settings, digest=DigestWanted())
        return settings

    def has(self, service: Service) -> bool:
        """Tell whether ``service`` is in the base or was ordered."""
        option = OPTION_OF.get(service)
        return option is None or option in self.ordered

    def tls_partner_of(self, domain: str) -> TlsPartner | None:
        """Return the nearest partner that ``domain`` belongs to; None where it is excluded from that."""
        names = names_above(domain) if self.tls_partners else ()
        for position, name in enumerate(names):
            partner = self.tls_partners.get(name)
            if partner is not None:
                return None if partner.excluded.intersection(names[:position]) else partner
        return None

    def on(self, day: date) -> TenantSnapshot:
        """Return the snapshot without the entries of lists that ended before ``day``."""
        blocked, approved = self.blocked.on(day), self.approved.on(day)
        if blocked is self.blocked and approved is self.approved:
            return self
        return replace(self, blocked=blocked, approved=approved)


def _without_plus(folded: str) -> str:
    local, at, domain = folded.rpartition("@")
    return f"{local.partition('+')[0]}{at}{domain}"


def _fits(folded: str, pattern: str) -> bool:
    before, _, behind = pattern.partition("*")
    long_enough = len(folded) > len(before) + len(behind)
    return long_enough and folded.startswith(before) and folded.endswith(behind)


def names_above(domain: str) -> tuple[str, ...]:
    """Return ``domain`` and every domain above it, nearest first."""
    labels = domain.split(".")
    return tuple(".".join(labels[start:]) for start in range(len(labels)))


class Directory(Protocol):
    """All published snapshots of this platform, kept fresh; look-ups are in memory."""

    def tenant_of(self, domain: str) -> TenantSnapshot | None:
        """Return the tenant that receives mail for ``domain`` (lower case, A-labels)."""

    def sender_at(self, ip: str) -> TenantSnapshot | None:
        """Return the tenant that registered ``ip`` as a sending server of its own."""

    def sender_showing(self, proof: str) -> TenantSnapshot | None:
        """Return the one tenant that registered ``proof``: a certificate's fingerprint or a name in it.

        None when nobody did, or several: what they share proves none of them.
        """

    def by_id(self, tenant: TenantId) -> TenantSnapshot | None:
        """Return the tenant's snapshot; None when there is no such tenant any more."""

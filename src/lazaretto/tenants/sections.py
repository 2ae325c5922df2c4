"""The sections of a tenant's document; descriptions and defaults here are its reference page.

Where nothing is said, the best-practice profile of the service description applies.
"""

from __future__ import annotations

import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, field_serializer, field_validator, model_validator

from lazaretto.core.decision import Disposition
from lazaretto.core.envelope import Direction
from lazaretto.core.findings import Verdict
from lazaretto.core.snapshot import AddressFamily, HostLookup, TlsDemand
from lazaretto.tenants.choices import (
    Audience,
    DmarcAction,
    MailAction,
    MalwareAction,
    Sensitivity,
    SimilarMessages,
)
from lazaretto.tenants.values import (
    DomainName,
    FieldName,
    Fingerprint,
    Host,
    MailAddress,
    Network,
    OneLine,
    SenderKind,
    TenantName,
    Token,
    kind_of_sender,
    sender,
)


class Section(BaseModel):
    """A mapping of a document: every key is known, and nothing changes after reading."""

    model_config = ConfigDict(extra="forbid", frozen=True, hide_input_in_errors=True)


class Route(Section):
    """A host that mail for a domain is handed to."""

    host: Host = Field(description="Name or IP address of the mail server, or the domain of `lookup: mx`.")
    lookup: HostLookup = Field(
        default=HostLookup.ADDRESS,
        description="`address` calls the host itself, `mx` the MX hosts of the domain that is named as host.",
    )
    port: int = Field(default=25, ge=1, le=65535, description="Its TCP port.")
    preference: int = Field(default=10, ge=0, le=65535, description="Lower ones are tried first.")
    tls: TlsDemand = Field(
        default=TlsDemand.OPPORTUNISTIC,
        description="`opportunistic` encrypts when the server offers it, `required` always, "
        "`verified` only to a server whose certificate is valid for its name.",
    )
    weight: int = Field(
        default=1,
        ge=0,
        le=1000,
        description="Its share of the mail among servers of equal preference; 0 = after all others of these.",
    )
    family: AddressFamily = Field(
        default=AddressFamily.ANY, description="At which of its addresses the server is called."
    )
    max_connections: int = Field(
        default=0, ge=0, le=1000, description="Connections at a time; 0 = as many as it takes well."
    )
    messages_per_minute: int = Field(
        default=0, ge=0, le=100_000, description="The most messages that it gets per minute; 0 = any number."
    )


class Domain(Section):
    """A mail domain of the tenant."""

    routes: tuple[Route, ...] = Field(
        default=(), max_length=50, description="Where its mail is delivered to."
    )
    route: TenantName | None = Field(
        default=None, description="The named route that its mail takes, in place of `routes`."
    )
    fallback: TenantName | None = Field(
        default=None, description="The named route that is taken when no server of the other can be reached."
    )

    @field_validator("routes")
    @classmethod
    def _in_order(cls, routes: tuple[Route, ...]) -> tuple[Route, ...]:
        return in_order(routes)


def in_order(routes: tuple[Route, ...]) -> tuple[Route, ...]:
    """Return ``routes``, each server once, in the order in which they are written."""
    known = {(each.preference, each.host, each.port): each for each in routes}
    return tuple(known[key] for key in sorted(known))


class SenderEntry(Section):
    """A sender on a list; one without reason or end may be written as a plain text."""

    entry: str = Field(description="A mail address, a domain with all below it, an IP address or a network.")
    reason: OneLine = Field(default="", max_length=200, description="Why it is on the list, for colleagues.")
    owner: OneLine = Field(
        default="", max_length=200, description="Who wanted it, to ask whether it is needed."
    )
    unproven: bool = Field(
        default=False,
        description="On the approved list: it counts even where nothing proves the sender, which anybody"
        " can forge; left out, SPF, DKIM or DMARC must vouch for the address or domain.",
    )
    expires: datetime.date | None = Field(
        default=None,
        description="The last day on which it counts, as 2026-12-31; left out, it counts until removed.",
    )
    shadow: bool = Field(
        default=False, description="On trial: what it would change is recorded, and nothing is done."
    )

    @model_validator(mode="before")
    @classmethod
    def _from_text(cls, given: Any) -> Any:
        return {"entry": given} if isinstance(given, str) else given

    @field_validator("entry")
    @classmethod
    def _in_one_spelling(cls, entry: str) -> str:
        return sender(entry)

    @property
    def kind(self) -> SenderKind:
        """What the entry is."""
        return kind_of_sender(self.entry)


class PersonalLists(Section):
    """The senders that one person approved or blocked, for that person's own mail."""

    approved: tuple[SenderEntry, ...] = Field(
        default=(), max_length=1_000, description="Their mail is no spam to this person; phishing it may be."
    )
    blocked: tuple[SenderEntry, ...] = Field(
        default=(), max_length=1_000, description="Their mail is not wanted by this person."
    )

    @field_validator("approved", "blocked")
    @classmethod
    def _each_sender_once(cls, senders: tuple[SenderEntry, ...]) -> tuple[SenderEntry, ...]:
        known = {each.entry: each for each in reversed(senders)}
        return tuple(known[entry] for entry in sorted(known))


class TokenField(Section):
    """A header field that the tenant's mail system adds to outgoing mail and nobody else knows."""

    name: FieldName = Field(description="Its name, which begins with `X-`.")
    value: Token = Field(description="Its secret text: at least 16 characters, best random ones.")


class Proofs(Section):
    """What shows that outgoing mail is the tenant's own where its servers share addresses with others."""

    certificates: tuple[Fingerprint, ...] = Field(
        default=(),
        max_length=50,
        description="SHA-256 fingerprints of client certificates; shown at the connectors' port.",
    )
    certificate_names: tuple[DomainName, ...] = Field(
        default=(),
        max_length=50,
        description="Names in client certificates of a trusted authority; never a provider's name, "
        "which all its customers show.",
    )
    header_tokens: tuple[TokenField, ...] = Field(
        default=(),
        max_length=10,
        description="Header fields any one of which does, from addresses of shared providers only; "
        "removed before the message is kept.",
    )

    @field_validator("certificates", "certificate_names")
    @classmethod
    def _each_once(cls, values: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(set(values)))


class Outbound(Section):
    """Mail that the tenant sends through the platform."""

    senders: tuple[Network, ...] = Field(
        default=(),
        description="Addresses and networks of its own sending servers; those of shared providers "
        "prove nothing and need `proofs`.",
    )
    proofs: Proofs = Field(
        default_factory=Proofs, description="What its servers show at addresses that others share."
    )
    require_tls: bool = Field(
        default=False, description="Refuse what its servers hand over without encryption."
    )
    similar_messages: SimilarMessages = Field(
        default=SimilarMessages.LOG,
        description="What happens with more similar messages within an hour than the contract allows: "
        "`log` tells of it, `hold` answers `451` so that they wait at the sending server.",
    )
    foreign_author: MailAction = Field(
        default=MailAction.QUARANTINE,
        description="What becomes of mail whose From field has an address that is not on the validation "
        "list: a mailing list of the tenant's or automatic forwarding writes so, and whoever borrows a name.",
    )
    malware: MalwareAction = Field(
        default=MalwareAction.QUARANTINE, description="What becomes of infected mail."
    )
    unscannable: MailAction = Field(
        default=MailAction.QUARANTINE,
        description="What becomes of mail that could not be looked into; encrypted attachments may leave.",
    )
    spam: MailAction = Field(default=MailAction.LOG, description="What becomes of spam.")
    phishing: MailAction = Field(default=MailAction.QUARANTINE, description="What becomes of phishing.")


class Antimalware(Section):
    """Infected mail and mail that could not be looked into."""

    malware: MalwareAction = Field(
        default=MalwareAction.QUARANTINE,
        description="What becomes of infected mail; kept for administrators only.",
    )
    unscannable: MailAction = Field(
        default=MailAction.QUARANTINE,
        description="What becomes of mail that could not be looked into completely.",
    )
    encrypted: MailAction = Field(
        default=MailAction.QUARANTINE, description="What becomes of mail with encrypted attachments."
    )
    ambiguous: MailAction = Field(
        default=MailAction.QUARANTINE,
        description="What becomes of mail whose structure mail programs would read differently.",
    )
    dangerous_attachments: MalwareAction = Field(
        default=MalwareAction.QUARANTINE,
        description="What becomes of mail with programs or disguised files, also inside archives.",
    )


class SubjectTags(Section):
    """Texts that `tag-subject` puts before the subject."""

    spam: OneLine = Field(default="[SPAM] ", min_length=1, max_length=60, description="For spam.")
    phishing: OneLine = Field(default="[PHISHING] ", min_length=1, max_length=60, description="For phishing.")
    bulk: OneLine = Field(
        default="[NEWSLETTER] ", min_length=1, max_length=60, description="For newsletters."
    )
    impersonation: OneLine = Field(
        default="[SUSPICIOUS SENDER] ",
        min_length=1,
        max_length=60,
        description="For borrowed names and domains.",
    )
    unscannable: OneLine = Field(
        default="[NOT SCANNED] ",
        min_length=1,
        max_length=60,
        description="For mail that could not be looked into.",
    )


class Thresholds(Section):
    """Scores from which mail belongs to a class; left out, the sensitivity decides."""

    spam: float | None = Field(default=None, gt=0, le=1000, description="Score from which mail is spam.")
    phishing: float | None = Field(
        default=None, gt=0, le=1000, description="Score from which mail is phishing."
    )
    bulk: float | None = Field(default=None, gt=0, le=1000, description="Score from which mail is bulk mail.")


class Antispam(Section):
    """Unwanted mail: each method with what becomes of the mail that it finds."""

    greylisting: bool = Field(
        default=False,
        description="Ask unknown servers to come back once; costs a few minutes for a first message.",
        json_schema_extra={"lowest": "global"},
    )
    approved_ips: bool = Field(
        default=True, description="Use the approved senders that are IP addresses or networks."
    )
    approved_addresses: bool = Field(
        default=True, description="Use the approved senders that are mail addresses or domains."
    )
    blocked_ips: MailAction = Field(
        default=MailAction.BLOCK_AND_DELETE, description="Mail from blocked IP addresses and networks."
    )
    blocked_addresses: MailAction = Field(
        default=MailAction.BLOCK_AND_DELETE, description="Mail from blocked mail addresses and domains."
    )
    user_lists: bool = Field(default=True, description="Use the `personal_lists` of single people.")
    blocked_by_users: MailAction = Field(
        default=MailAction.BLOCK_AND_DELETE, description="Mail to people from senders that they blocked."
    )
    spf: MailAction = Field(
        default=MailAction.BLOCK_AND_DELETE,
        description="Mail whose envelope sender is spoofed: SPF says fail, and DMARC does not vouch for it.",
        json_schema_extra={"lowest": "domain"},
    )
    dmarc: DmarcAction = Field(
        default=DmarcAction.BY_POLICY,
        description="Mail for which the domain of its author does not vouch.",
        json_schema_extra={"lowest": "domain"},
    )
    dynamic_ip: MailAction = Field(
        default=MailAction.BLOCK_AND_DELETE, description="Mail straight from addresses of home connections."
    )
    block_lists: MailAction = Field(
        default=MailAction.BLOCK_AND_DELETE, description="Mail from senders on public block lists."
    )
    signatures: MailAction = Field(
        default=MailAction.BLOCK_AND_DELETE, description="Mail that is a near copy of known spam."
    )
    spam: MailAction = Field(
        default=MailAction.TAG_SUBJECT, description="Mail that the heuristics take for spam."
    )
    phishing: MailAction = Field(
        default=MailAction.QUARANTINE, description="Mail that the heuristics take for phishing."
    )
    bulk: MailAction = Field(default=MailAction.ADD_HEADER, description="Newsletters and other bulk mail.")
    sensitivity: Sensitivity = Field(
        default=Sensitivity.STANDARD,
        description="How soon mail counts as spam or phishing: `strict` catches more and errs more often.",
    )
    thresholds: Thresholds = Field(
        default_factory=Thresholds, description="Exact limits in place of `sensitivity`."
    )
    shadow_thresholds: Thresholds = Field(
        default_factory=Thresholds,
        description="Limits on trial: what they would change is recorded, and nothing is done.",
        json_schema_extra={"lowest": "global"},
    )
    redirect_address: MailAddress | None = Field(
        default=None, description="Where mail goes whose action is `redirect`."
    )
    bulk_address: MailAddress | None = Field(
        default=None, description="Where mail goes whose action is `bulk-address`."
    )
    subject_tags: SubjectTags = Field(
        default_factory=SubjectTags, description="Texts that `tag-subject` puts before the subject."
    )


class Impersonation(Section):
    """Strangers who write under the names of the tenant's people or domains."""

    user_names: MailAction = Field(
        default=MailAction.QUARANTINE, description="Mail under the name of a protected person."
    )
    own_domains: MailAction = Field(
        default=MailAction.TAG_SUBJECT,
        description="Mail that claims to come from the tenant itself, without proof.",
    )
    lookalike_domains: MailAction = Field(
        default=MailAction.QUARANTINE, description="Mail from domains that look like the tenant's."
    )
    redirect_address: MailAddress | None = Field(
        default=None, description="Where mail goes whose action is `redirect`."
    )


class When(Section):
    """When a rule speaks: every key that is given must hold; within a key any one value does."""

    verdicts: tuple[Verdict, ...] = Field(
        default=(), description="Classes of mail; phishing counts as spam, too."
    )
    symbols: tuple[str, ...] = Field(
        default=(), description="Names of what was found; a `*` at the end stands for any ending."
    )
    score_at_least: float | None = Field(default=None, description="The lowest score of the message.")
    recipients: tuple[str, ...] = Field(
        default=(), description="Mail addresses or domains; left out, everybody."
    )
    direction: tuple[Direction, ...] = Field(default=(), description="`inbound`, `outbound`; left out, both.")

    @field_validator("verdicts", "symbols", "recipients", "direction", mode="before")
    @classmethod
    def _one_or_more(cls, given: Any) -> Any:
        return [given] if isinstance(given, str) else given

    @field_validator("symbols")
    @classmethod
    def _are_names(cls, symbols: tuple[str, ...]) -> tuple[str, ...]:
        for symbol in symbols:
            stem = symbol.removesuffix("*")
            if not stem.isascii() or not stem.replace("_", "").isalnum() or stem != stem.upper():
                raise ValueError(f'"{symbol}" is not a symbol; write it like SPF_FAIL or SPF_*')
        return tuple(sorted(set(symbols)))

    @field_validator("recipients")
    @classmethod
    def _are_recipients(cls, recipients: tuple[str, ...]) -> tuple[str, ...]:
        spelt = {sender(each) for each in recipients}
        if wrong := [each for each in spelt if kind_of_sender(each) is SenderKind.NETWORK]:
            raise ValueError(f'"{wrong[0]}" is not a recipient; write a mail address or a domain')
        return tuple(sorted(spelt))

    @field_validator("verdicts", "direction")
    @classmethod
    def _sorted(cls, values: tuple[Any, ...]) -> tuple[Any, ...]:
        return tuple(sorted(set(values), key=lambda each: str(each.value)))


class HeaderField(Section):
    """A header field that a rule adds."""

    name: FieldName = Field(description="Its name, which begins with `X-`.")
    value: OneLine = Field(min_length=1, max_length=500, description="Its text.")


class RuleAction(Section):
    """What a rule wants; mail that is not stopped is delivered with the changes of all rules."""

    disposition: Disposition = Field(
        default=Disposition.DELIVER,
        description="What becomes of the mail; `redirect` when `redirect_to` is given. "
        "The most severe of all rules and methods wins.",
    )
    tag_subject: OneLine | None = Field(
        default=None, min_length=1, max_length=60, description="Text before the subject."
    )
    add_header: HeaderField | None = Field(default=None, description="A header field to add.")
    redirect_to: MailAddress | None = Field(
        default=None, description="Where it is delivered in place of its recipients."
    )
    copy_to: tuple[MailAddress, ...] = Field(
        default=(), max_length=20, description="Who gets a copy besides its recipients."
    )
    banner: OneLine | None = Field(
        default=None, min_length=1, max_length=500, description="Text above the body."
    )
    strip_attachments: tuple[OneLine, ...] = Field(
        default=(),
        max_length=100,
        description="Attachments with these names are replaced by a note: `*.exe`, `*` for all.",
    )
    compress_attachments: bool = Field(default=False, description="Pack large attachments into ZIP archives.")
    notify: tuple[Audience, ...] = Field(
        default=(),
        description="Who is told, at most once an hour per rule and sender: `administrator`, `recipient`, "
        "`sender` (only where somebody vouches for the address).",
    )

    @field_validator("copy_to", "strip_attachments", "notify", mode="before")
    @classmethod
    def _one_or_more(cls, given: Any) -> Any:
        return [given] if isinstance(given, str) else given

    @field_validator("disposition", mode="before")
    @classmethod
    def _by_word(cls, given: Any) -> Any:
        words = {each.word: each for each in Disposition}
        if isinstance(given, str) and given not in words:
            raise ValueError(f'"{given}" is not possible; choose one of {", ".join(words)}')
        return words[given] if isinstance(given, str) else given

    @field_serializer("disposition")
    def _as_word(self, disposition: Disposition) -> str:
        return disposition.word

    @model_validator(mode="before")
    @classmethod
    def _redirecting(cls, given: Any) -> Any:
        if isinstance(given, dict) and "redirect_to" in given and "disposition" not in given:
            return {**given, "disposition": Disposition.REDIRECT.word}
        return given

    @model_validator(mode="after")
    def _goes_somewhere(self) -> RuleAction:
        if self.disposition is Disposition.REDIRECT and self.redirect_to is None:
            raise ValueError("the disposition is redirect, but nobody gets it; add redirect_to")
        return self


class OwnRule(Section):
    """A rule of the tenant's own."""

    name: OneLine = Field(min_length=1, max_length=80, description="How trace and explanations call it.")
    when: When = Field(description="When it speaks.")
    action: RuleAction = Field(description="What it wants.")
    skip_approved: bool = Field(default=False, description="Keep silent about mail from approved senders.")
    shadow: bool = Field(
        default=False, description="On trial: what it would do is recorded, and nothing is done."
    )

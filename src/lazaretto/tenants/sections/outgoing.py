"""Mail that the tenant sends through the platform, and what shows that it is its own."""

from __future__ import annotations

from pydantic import Field, field_validator

from lazaretto.core.excess import ExcessAction
from lazaretto.tenants.choices import MailAction, MalwareAction
from lazaretto.tenants.sections.section import Section
from lazaretto.tenants.values import DomainName, FieldName, Fingerprint, Network, Token


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


class SendingRates(Section):
    """How much one sender may send, in recipients, and what happens with more: a stolen mailbox shows so."""

    external_per_hour: int = Field(
        default=500, ge=0, le=1_000_000, description="Outside the organisation within an hour; 0 = no limit."
    )
    internal_per_hour: int = Field(
        default=1_000,
        ge=0,
        le=1_000_000,
        description="In the organisation within an hour, of mail that comes by here; 0 = no limit.",
    )
    per_day: int = Field(
        default=1_000, ge=0, le=10_000_000, description="Of both kinds within a day; 0 = no limit."
    )
    action: ExcessAction = Field(
        default=ExcessAction.HOLD,
        description="What happens with mail beyond: `log` lets it go on, `defer` answers 4xx so that it "
        "waits at the sending server, `hold` takes it and keeps it back until an administrator releases or "
        "deletes it. Administrators are told in any case.",
    )


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
    rates: SendingRates = Field(default_factory=SendingRates, description="How much one sender may send.")
    similar_messages: ExcessAction = Field(
        default=ExcessAction.LOG,
        description="What happens with more similar messages within an hour than the contract allows, in the "
        "words of `rates.action`.",
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

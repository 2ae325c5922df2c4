"""A tenant's whole configuration as one YAML document, and back again.

Reading says everything that is wrong at once, each with its line.  Writing is canonical: keys in the
order of the model, defaults left out, sets sorted, so that equal configurations are equal octets.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING, Any, Final

from pydantic import Field, ValidationError, create_model, field_validator

from lazaretto.core.address import fold
from lazaretto.core.snapshot import AddressRegistration
from lazaretto.tenants.agreement import disagreements
from lazaretto.tenants.choices import Language, Profile
from lazaretto.tenants.complaints import remarks_of
from lazaretto.tenants.levels import Group, OwnDomain
from lazaretto.tenants.partners import Partner
from lazaretto.tenants.profiles import with_profile
from lazaretto.tenants.remarks import DocumentError, error
from lazaretto.tenants.sections import (
    Antimalware,
    Antispam,
    Impersonation,
    Outbound,
    OwnRule,
    PersonalLists,
    Route,
    Section,
    SenderEntry,
    in_order,
)
from lazaretto.tenants.service_registry import sections
from lazaretto.tenants.values import (
    AddressPattern,
    DomainName,
    GroupName,
    MailAddress,
    OneLine,
    TenantName,
)
from lazaretto.tenants.yaml_reading import Node, read_yaml
from lazaretto.tenants.yaml_writing import written

FORMAT: Final = 1


class CoreDocument(Section):
    """What every document has, besides the sections of services."""

    version: int = Field(default=FORMAT, ge=FORMAT, le=FORMAT, description="The version of this format.")
    tenant: TenantName = Field(description="The tenant's name: lower-case letters, digits, `.`, `_`, `-`.")
    profile: Profile = Field(
        default=Profile.ANNEX_1,
        description="What holds where nothing is said: `annex-1` is the best practice of the service "
        "description and the defaults on this page; `standard` and `strict` let less through.",
    )
    routes: dict[TenantName, tuple[Route, ...]] = Field(
        default_factory=dict,
        max_length=1_000,
        description="Named routes, each a list of servers, for the domains that name them.",
    )
    domains: dict[DomainName, OwnDomain] = Field(
        default_factory=dict, max_length=10_000, description="Its mail domains, each with its routes."
    )
    address_registration: AddressRegistration = Field(
        default=AddressRegistration.ENFORCE,
        description="`enforce` refuses mail to addresses that are not registered, `learn` collects them, "
        "`off` accepts all and takes away the quarantine of spam.",
    )
    addresses: tuple[MailAddress, ...] = Field(
        default=(), description="The validation list: every address that exists, aliases included."
    )
    aliases: dict[MailAddress, MailAddress] = Field(
        default_factory=dict,
        max_length=1_000_000,
        description="Further addresses of registered mailboxes: they exist as well, and share their "
        "mailbox's groups, quarantine and limits.",
    )
    address_patterns: tuple[AddressPattern, ...] = Field(
        default=(),
        max_length=1_000,
        description="Addresses that exist without being listed: `*@lists.customer.example`, "
        "`ticket-*@customer.example`; one `*` before the `@`.",
    )
    plus_addresses: bool = Field(
        default=False, description="`bob+anything@…` exists where `bob@…` does, with the same settings."
    )
    groups: dict[GroupName, Group] = Field(
        default_factory=dict,
        max_length=5_000,
        description="Groups of its people, with settings of their own.",
    )
    max_message_size: int = Field(
        default=50, ge=1, le=1000, description="The largest message in MB (a million octets each)."
    )
    strict_line_ends: bool = Field(
        default=False, description="Refuse messages with stray line ends in place of repairing them."
    )
    suspended: bool = Field(default=False, description="Answer that all mail shall be tried again later.")
    administrators: tuple[MailAddress, ...] = Field(
        default=(), max_length=100, description="Who gets notifications for administrators."
    )
    language: Language = Field(default=Language.ENGLISH, description="Language of notices to its people.")
    protected_names: tuple[OneLine, ...] = Field(
        default=(), max_length=10_000, description="People whose names strangers must not write under."
    )
    outbound: Outbound = Field(
        default_factory=Outbound, description="Mail that the tenant sends through the platform."
    )
    tls_partners: dict[DomainName, Partner] = Field(
        default_factory=dict,
        max_length=50_000,
        description="Domains to which mail goes encrypted or not at all, each with what is demanded.",
    )
    approved_senders: tuple[SenderEntry, ...] = Field(
        default=(), description="Senders whose mail the antispam methods leave alone; keep it short."
    )
    blocked_senders: tuple[SenderEntry, ...] = Field(
        default=(), description="Senders whose mail is not wanted."
    )
    personal_lists: dict[MailAddress, PersonalLists] = Field(
        default_factory=dict,
        max_length=200_000,
        description="What single people approved or blocked for themselves, by mailbox.",
    )
    antimalware: Antimalware = Field(
        default_factory=Antimalware, description="Infected mail and mail that could not be looked into."
    )
    antispam: Antispam = Field(default_factory=Antispam, description="Unwanted mail, method by method.")
    impersonation: Impersonation = Field(
        default_factory=Impersonation, description="Strangers under the tenant's names and domains."
    )
    rules: tuple[OwnRule, ...] = Field(default=(), max_length=2_000, description="Rules of the tenant's own.")
    options: dict[str, str] = Field(
        default_factory=dict, max_length=200, description="Small settings of single methods, by dotted name."
    )

    @field_validator("domains")
    @classmethod
    def _sorted_domains(cls, domains: dict[str, OwnDomain]) -> dict[str, OwnDomain]:
        return dict(sorted(domains.items()))

    @field_validator("groups")
    @classmethod
    def _sorted_groups(cls, groups: dict[str, Group]) -> dict[str, Group]:
        return dict(sorted(groups.items()))

    @field_validator("aliases")
    @classmethod
    def _sorted_aliases(cls, aliases: dict[str, str]) -> dict[str, str]:
        return dict(sorted(aliases.items()))

    @field_validator("address_patterns")
    @classmethod
    def _each_pattern_once(cls, patterns: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(set(patterns)))

    @field_validator("routes")
    @classmethod
    def _sorted_routes(cls, routes: dict[str, tuple[Route, ...]]) -> dict[str, tuple[Route, ...]]:
        return {name: in_order(hosts) for name, hosts in sorted(routes.items())}

    @field_validator("tls_partners")
    @classmethod
    def _sorted_partners(cls, partners: dict[str, Partner]) -> dict[str, Partner]:
        return dict(sorted(partners.items()))

    @field_validator("options")
    @classmethod
    def _sorted_options(cls, options: dict[str, str]) -> dict[str, str]:
        return dict(sorted(options.items()))

    @field_validator("addresses", "administrators")
    @classmethod
    def _each_mailbox_once(cls, addresses: tuple[str, ...]) -> tuple[str, ...]:
        known = {fold(address): address for address in reversed(addresses)}
        return tuple(known[folded] for folded in sorted(known))

    @field_validator("protected_names")
    @classmethod
    def _each_name_once(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(sorted(set(names)))

    @field_validator("personal_lists")
    @classmethod
    def _each_person_once(cls, lists: dict[str, PersonalLists]) -> dict[str, PersonalLists]:
        known = {fold(address): address for address in reversed(lists)}
        return {known[folded]: lists[known[folded]] for folded in sorted(known)}

    @field_validator("approved_senders", "blocked_senders")
    @classmethod
    def _each_sender_once(cls, senders: tuple[SenderEntry, ...]) -> tuple[SenderEntry, ...]:
        known = {each.entry: each for each in reversed(senders)}
        return tuple(known[entry] for entry in sorted(known))


if TYPE_CHECKING:

    class TenantDocument(CoreDocument):
        """A tenant's whole configuration."""

else:
    TenantDocument = create_model(
        "TenantDocument",
        __base__=CoreDocument,
        __doc__="A tenant's whole configuration.",
        **{
            each.card.key: (each, Field(default_factory=each, description=each.card.summary))
            for each in sections()
        },
    )


def parse_document(text: str, name: str) -> TenantDocument:
    """Return the document in ``text``; ``name`` is what messages call it, such as its file name.

    Raises ``DocumentError`` with one line for each thing that is wrong.
    """
    return document_in(read_yaml(text, name), name)


def document_in(tree: Node, name: str) -> TenantDocument:
    """Return the document that ``tree`` holds; raises ``DocumentError``."""
    if not isinstance(tree.value, dict):
        problem = 'it must be a list of settings such as "tenant: acme", not a single value'
        raise DocumentError(name, [error(tree.line, tree.column, problem)])
    try:
        document = TenantDocument.model_validate(with_profile(tree.plain()))
    except ValidationError as failure:
        raise DocumentError(name, remarks_of(failure, tree, TenantDocument)) from failure
    if problems := [(tree.at(path), problem) for path, problem in disagreements(document)]:
        raise DocumentError(name, [error(node.line, node.column, problem) for node, problem in problems])
    return document


def export_document(document: TenantDocument) -> str:
    """Return the canonical text of ``document``; equal documents have equal texts."""
    return written(_reduced(document))


def _reduced(document: TenantDocument) -> dict[str, Any]:
    return {"version": document.version, **_difference(document, baseline(document.profile))}


@cache
def baseline(profile: Profile) -> TenantDocument:
    """Return the document that says nothing but its profile."""
    return TenantDocument.model_validate(with_profile({"tenant": "nobody", "profile": profile.value}))


def _difference(section: Section, baseline: Section) -> dict[str, Any]:
    """Return what ``section`` says otherwise than ``baseline``, as plain values."""
    values: dict[str, Any] = {}
    for name in type(section).model_fields:
        value, usual = getattr(section, name), getattr(baseline, name)
        if name == "profile" and value is not Profile.ANNEX_1:
            values[name] = value.value
        elif value == usual:
            continue
        elif isinstance(value, Section) and isinstance(usual, Section):
            values[name] = _difference(value, usual)
        else:
            values[name] = _plain(section, name)
    return values


def _plain(section: Section, name: str) -> Any:
    # Defaults inside lists and groups are left out, a default in place of a profile's value is not.
    dumped = section.model_dump(mode="json", include={name}, exclude_defaults=True)
    value = dumped[name] if name in dumped else section.model_dump(mode="json", include={name})[name]
    if name in ("approved_senders", "blocked_senders"):
        return _short(value)
    if name == "personal_lists":
        return {
            who: {each: _short(entries) for each, entries in lists.items()} for who, lists in value.items()
        }
    return value


def _short(entries: list[dict[str, Any]]) -> list[Any]:
    return [entry["entry"] if len(entry) == 1 else entry for entry in entries]

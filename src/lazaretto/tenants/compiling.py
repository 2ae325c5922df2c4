"""A document to the snapshot that the mail path reads.  Pure: the same document, the same snapshot."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from lazaretto.core.address import fold
from lazaretto.core.cards import Option
from lazaretto.core.excess import SendingLimits
from lazaretto.core.identity import TenantId
from lazaretto.core.leanings import OFF
from lazaretto.core.snapshot import (
    MEGABYTE,
    HeaderToken,
    Newsletter,
    NextHop,
    OutboundProofs,
    PersonalSenders,
    SenderList,
    TenantSnapshot,
)
from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.levelling import compile_levels, policy_of
from lazaretto.tenants.partners import compile_partner
from lazaretto.tenants.sections import Domain, Proofs, Route, SenderEntry, SendingRates
from lazaretto.tenants.service_registry import sections
from lazaretto.tenants.services.contract import Contract
from lazaretto.tenants.services.digest import Digest
from lazaretto.tenants.services.newsletters import Newsletters, WantedNewsletter
from lazaretto.tenants.services.quarantine import Quarantine
from lazaretto.tenants.trials import has_trials, promoted, without_trials
from lazaretto.tenants.values import SenderKind


def compile_snapshot(document: TenantDocument, tenant_id: TenantId, version: int) -> TenantSnapshot:
    """Return the snapshot of ``document``; entries of lists that end are left to ``snapshot.on(day)``.

    What is on trial stands in its ``shadow`` and nowhere else.
    """
    snapshot = _compiled(without_trials(document), tenant_id, version)
    if not has_trials(document):
        return snapshot
    tried = _compiled(promoted(document), tenant_id, version)
    # Judging needs neither the validation list nor routes.
    return replace(snapshot, shadow=replace(tried, addresses=frozenset(), tls_partners={}))


def _compiled(document: TenantDocument, tenant_id: TenantId, version: int) -> TenantSnapshot:
    own = policy_of(document)
    people = compile_levels(document, own)
    contract = Contract.of(document)
    return TenantSnapshot(
        tenant=tenant_id,
        name=document.tenant,
        version=version,
        domains={name: _next_hops(document, domain) for name, domain in document.domains.items()},
        address_registration=document.address_registration,
        addresses=frozenset(map(fold, (*document.addresses, *document.aliases))),
        aliases={fold(alias): fold(mailbox) for alias, mailbox in document.aliases.items()},
        address_patterns=document.address_patterns,
        plus_addresses=document.plus_addresses,
        max_message_size=document.max_message_size * MEGABYTE,
        blocked=_senders(document.blocked_senders, ips=True, addresses=True),
        approved=_senders(
            document.approved_senders,
            ips=people.uses(own, "SENDER_APPROVED_IP"),
            addresses=people.uses(own, "SENDER_APPROVED_ADDRESS"),
        ),
        personal=_personal(document),
        protected_names=document.protected_names,
        outbound_networks=document.outbound.senders,
        outbound_proofs=_proofs(document.outbound.proofs),
        outbound_requires_tls=document.outbound.require_tls,
        sending_limits=_sending_limits(document.outbound.rates),
        similar_messages=document.outbound.similar_messages,
        greylisting=document.antispam.greylisting,
        language=document.language.value,
        rules=own.rules,
        thresholds=own.thresholds,
        approvals=own.approvals,
        levels=people.policies,
        domain_levels=people.of_domain,
        address_levels=people.of_address,
        strict_line_ends=document.strict_line_ends,
        suspended=document.suspended,
        administrators=document.administrators,
        tls_partners={
            domain: compile_partner(domain, partner)
            for domain, partner in document.tls_partners.items()
            if Option.DATA_PROTECTION in contract.options
        },
        options=_small_settings(document),
        people=own.people,
        without_digest=frozenset(map(fold, Digest.of(document).excluded)),
        keep_days=Quarantine.of(document).kept(),
        newsletters=tuple(_newsletter(each) for each in Newsletters.of(document).wanted),
        ordered=frozenset(contract.options),
    )


def _personal(document: TenantDocument) -> dict[str, PersonalSenders]:
    if not document.antispam.user_lists:
        return {}
    return {
        fold(address): PersonalSenders(
            approved=_senders(lists.approved, ips=True, addresses=True),
            blocked=_senders(lists.blocked, ips=True, addresses=True),
        )
        for address, lists in document.personal_lists.items()
    }


def _small_settings(document: TenantDocument) -> dict[str, str]:
    found: dict[str, str] = {}
    for section in sections():
        found.update(section.of(document).small_settings(document))
    if not document.antispam.learning:
        found[OFF] = "off"
    return {**found, **document.options, **document.impersonation.approved.small_settings(document.options)}


def _newsletter(wanted: WantedNewsletter) -> Newsletter:
    return Newsletter(
        list=wanted.list,
        signed_by=wanted.signed_by,
        mailboxes=tuple(map(fold, wanted.recipients)),
        expires=wanted.expires,
    )


def _next_hops(document: TenantDocument, domain: Domain) -> tuple[NextHop, ...]:
    named = document.routes
    first = named[domain.route] if domain.route else domain.routes
    later = named[domain.fallback] if domain.fallback else ()
    return (
        *(_next_hop(route) for route in first),
        *(replace(_next_hop(route), is_fallback=True) for route in later),
    )


def _next_hop(route: Route) -> NextHop:
    return NextHop(
        host=route.host,
        port=route.port,
        preference=route.preference,
        tls=route.tls,
        weight=route.weight,
        family=route.family,
        max_connections=route.max_connections,
        messages_per_minute=route.messages_per_minute,
        lookup=route.lookup,
    )


def _proofs(proofs: Proofs) -> OutboundProofs:
    return OutboundProofs(
        certificates=frozenset(proofs.certificates),
        certificate_names=frozenset(proofs.certificate_names),
        header_tokens=tuple(
            HeaderToken(name=token.name, value=token.value) for token in proofs.header_tokens
        ),
    )


def _sending_limits(rates: SendingRates) -> SendingLimits:
    return SendingLimits(
        external_per_hour=rates.external_per_hour,
        internal_per_hour=rates.internal_per_hour,
        per_day=rates.per_day,
        action=rates.action,
    )


def _senders(entries: Iterable[SenderEntry], *, ips: bool, addresses: bool) -> SenderList:
    by_kind: dict[SenderKind, list[str]] = {kind: [] for kind in SenderKind}
    expires = {}
    unproven = set()
    for each in entries:
        kind = each.kind
        if ips if kind is SenderKind.NETWORK else addresses:
            entry = fold(each.entry) if kind is SenderKind.ADDRESS else each.entry
            by_kind[kind].append(entry)
            if each.unproven:
                unproven.add(entry)
            if each.expires is not None:
                expires[entry] = each.expires
    return SenderList(
        addresses=frozenset(by_kind[SenderKind.ADDRESS]),
        domains=frozenset(by_kind[SenderKind.DOMAIN]),
        networks=tuple(by_kind[SenderKind.NETWORK]),
        expires=expires,
        unproven=frozenset(unproven),
    )

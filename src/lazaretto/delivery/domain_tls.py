"""What is demanded of a channel, all sources together.

A tenant's partner comes first: whoever enforces TLS says how.  A route says its own.  Hosts that the
DNS names for a domain follow what the domain published: TLSA records before an MTA-STS policy, which
must not talk DANE away (RFC 8461 §2), and that before nothing at all.
"""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Final

from lazaretto.core.facts import Resolver
from lazaretto.core.identity import PLATFORM
from lazaretto.core.queued import QueuedCopy, Remote
from lazaretto.core.reply import Reply
from lazaretto.core.snapshot import Directory, NextHop, TlsDemand, TlsMode, TlsPartner
from lazaretto.delivery.dane_lookup import dane_demand
from lazaretto.delivery.failures import PolicyUnmet, TlsFailure
from lazaretto.delivery.networks import Networks
from lazaretto.delivery.policy_fetch import PolicyFetcher
from lazaretto.delivery.seams import Clock, utc_now
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.delivery.sts_policies import StsPolicies
from lazaretto.delivery.sts_store import FolderStore
from lazaretto.delivery.tls_demand import CertificateCheck, ChannelDemand, demand_of_route
from lazaretto.delivery.tls_reports import TlsReports
from lazaretto.protocol.dnssec import ValidatingResolver
from lazaretto.protocol.mta_sts import Mode, Policy

_CHECKS: Final = {
    TlsMode.ANY: CertificateCheck.NONE,
    TlsMode.VALID: CertificateCheck.HOST,
    TlsMode.STRONG: CertificateCheck.NAMES,
    TlsMode.PINNED: CertificateCheck.PINS,
    TlsMode.DANE: CertificateCheck.DANE,
    TlsMode.MTA_STS: CertificateCheck.HOST,
}


class DomainTls:
    """Implements ``TlsPolicy`` with partners, routes, DANE and MTA-STS; counts what comes of it."""

    def __init__(
        self,
        directory: Directory,
        resolver: Resolver,
        settings: DeliverySettings,
        *,
        validating: Resolver | None = None,
        policies: StsPolicies | None = None,
        reports: TlsReports | None = None,
        clock: Clock = utc_now,
    ) -> None:
        self._directory = directory
        self._validating = validating or resolver
        self._settings = settings
        self._policies = policies
        self._reports = reports
        self._clock = clock

    async def demand(self, copy: QueuedCopy, hop: NextHop) -> ChannelDemand:
        """Return the demand for ``copy`` at ``hop``; raise ``PolicyUnmet`` where ``hop`` is ruled out."""
        if copy.lease.tenant == PLATFORM:
            return await self._mildly(copy, hop)
        snapshot = self._directory.by_id(copy.lease.tenant)
        partner = None if snapshot is None else snapshot.tls_partner_of(copy.destination)
        if partner is not None:
            return await self._of_partner(partner, copy.destination, hop)
        if self._is_fixed(copy.destination) or copy.destination.startswith("["):
            return demand_of_route(hop.tls)
        return await self._published(copy.destination, hop)

    async def _mildly(self, copy: QueuedCopy, hop: NextHop) -> ChannelDemand:
        """Return what is tried first of the demand: a report on broken TLS must not need it (RFC 8460 §3)."""
        try:
            demand = await self._published(copy.destination, hop)
        except PolicyUnmet:
            return demand_of_route(hop.tls)
        return replace(demand, is_required=False)

    def note(self, copy: QueuedCopy, demand: ChannelDemand, remote: Remote) -> None:
        """Count the channel for the reports of the domain, where hosts are the domain's own choice."""
        if self._reports is not None and not self._is_fixed(copy.destination):
            self._reports.note(self._clock().date(), copy.destination, demand, remote)

    def _is_fixed(self, domain: str) -> bool:
        return bool(self._settings.relay) or self._directory.tenant_of(domain) is not None

    # What a partner is to meet.

    async def _of_partner(self, partner: TlsPartner, domain: str, hop: NextHop) -> ChannelDemand:
        demand = ChannelDemand(
            policy=f"partner {partner.mode.value}",
            is_required=True,
            check=_CHECKS[partner.mode],
            minimum_version=partner.minimum_version,
            names=self._trusted_names(partner, domain, hop),
            pins=partner.pins if partner.mode is TlsMode.PINNED else (),
        )
        if partner.mode is TlsMode.DANE:
            return await self._with_records(demand, domain, hop)
        if partner.mode is TlsMode.MTA_STS:
            await self._check_pattern(demand, domain, hop)
        if partner.mode is TlsMode.ANY and hop.tls is TlsDemand.VERIFIED:
            return replace(demand, check=CertificateCheck.HOST)
        return demand

    def _trusted_names(self, partner: TlsPartner, domain: str, hop: NextHop) -> tuple[str, ...]:
        if partner.mode is not TlsMode.STRONG:
            return ()
        if partner.trusted_names:
            return partner.trusted_names
        # The DNS named the host, and the DNS can be forged; a route's host was named by people.
        own = (partner.domain, f".{partner.domain}")
        return (*own, hop.host) if self._is_fixed(domain) else own

    async def _with_records(self, demand: ChannelDemand, domain: str, hop: NextHop) -> ChannelDemand:
        found = await dane_demand(self._validating, domain, hop, is_fixed=self._is_fixed(domain))
        if found is None or not found.tlsa:
            problem = Reply(450, "4.7.5", "DANE is demanded and the host has no authentic TLSA records")
            raise PolicyUnmet(problem, TlsFailure.DANE_REQUIRED, demand.policy)
        return replace(demand, tlsa=found.tlsa, names=found.names)

    async def _check_pattern(self, demand: ChannelDemand, domain: str, hop: NextHop) -> None:
        policy = None if self._policies is None else await self._policies.policy(domain)
        if policy is None:
            problem = Reply(450, "4.7.5", "an MTA-STS policy is demanded and the domain has none")
            raise PolicyUnmet(problem, TlsFailure.STS_FETCH, demand.policy)
        _rule_out_others(demand, policy, hop)

    # What a domain publishes.

    async def _published(self, domain: str, hop: NextHop) -> ChannelDemand:
        if self._settings.dane:
            demand = await dane_demand(self._validating, domain, hop, is_fixed=False)
            if demand is not None:
                return demand
        policy = await self._policy(domain)
        if policy is None:
            return demand_of_route(hop.tls)
        if policy.mode is Mode.TESTING:
            return ChannelDemand(
                policy="mta-sts testing",
                is_required=False,
                check=CertificateCheck.HOST,
                published=policy.lines,
                sts_pattern_failed=not policy.covers(hop.host),
            )
        enforced = ChannelDemand(
            policy="mta-sts", is_required=True, check=CertificateCheck.HOST, published=policy.lines
        )
        _rule_out_others(enforced, policy, hop)
        return enforced

    async def _policy(self, domain: str) -> Policy | None:
        if self._policies is None or not self._settings.mta_sts:
            return None
        return await self._policies.policy(domain)


def domain_tls(
    directory: Directory,
    resolver: Resolver,
    settings: DeliverySettings,
    *,
    folder: Path | None = None,
    reports: TlsReports | None = None,
) -> DomainTls:
    """Return the policy of a deliver process.

    Policies that it fetches are kept in ``folder``, what comes of channels is counted in ``reports``.
    """
    reports = reports or TlsReports()
    networks = Networks(settings.refused_mx_networks)
    fetcher = PolicyFetcher(
        resolver, may_call=lambda ip: not networks.hold(ip), seconds=settings.mta_sts_timeout
    )
    store = None if folder is None else FolderStore(folder)
    policies = StsPolicies(resolver, fetcher, store=store, on_failure=reports.note_policy)
    validating = ValidatingResolver(settings.dane_resolver) if settings.dane_resolver else None
    return DomainTls(directory, resolver, settings, validating=validating, policies=policies, reports=reports)


def _rule_out_others(demand: ChannelDemand, policy: Policy, hop: NextHop) -> None:
    if not policy.covers(hop.host):
        problem = Reply(450, "4.7.5", "the host is none of those that the domain's MTA-STS policy names")
        raise PolicyUnmet(problem, TlsFailure.VALIDATION, demand.policy)

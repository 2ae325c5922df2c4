"""Outsiders who write from the recipient's own domain, or from one that looks like it."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import AuthResult, Facts
from lazaretto.core.findings import Finding, Symbol, Verdict, found
from lazaretto.core.impersonators import Method, approval
from lazaretto.core.snapshot import SenderList, TenantSnapshot
from lazaretto.detect.impersonation.likeness import resembles
from lazaretto.mail.view import MessageView

FROM_OWN_DOMAIN_UNVERIFIED = Symbol(
    name="FROM_OWN_DOMAIN_UNVERIFIED",
    score=2.5,
    summary="Claims to come from the recipient's own domain, and nothing proves it",
    verdict=Verdict.PHISHING,
)
FROM_LOOKALIKE_DOMAIN = Symbol(
    name="FROM_LOOKALIKE_DOMAIN",
    score=5.0,
    summary="Comes from a domain that looks like the recipient's own",
    verdict=Verdict.PHISHING,
)


FROM_LOOKALIKE_APPROVED = Symbol(
    name="FROM_LOOKALIKE_APPROVED",
    summary="Comes from a domain that looks like the recipient's own, and is approved for this method",
)


class OwnDomains:
    """Compares the author's domain with the tenant's domains."""

    card: ClassVar = DetectorCard(
        name="impersonation.own-domains",
        summary="Finds senders who borrow the tenant's domain or one that looks like it",
        service=Service.IMPERSONATION_CONTROL,
        symbols=(FROM_OWN_DOMAIN_UNVERIFIED, FROM_LOOKALIKE_DOMAIN, FROM_LOOKALIKE_APPROVED),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report at most one finding of each kind, and each approval that left a domain alone."""
        if tenant is None or _sends_for(tenant, facts.client.ip):
            return ()
        findings = []
        domains = {author.address.domain for author in message.authors}
        borrowed = sorted(domains & tenant.domains.keys())
        if borrowed and not _proved(facts, borrowed[0]):
            findings.append(found(FROM_OWN_DOMAIN_UNVERIFIED, borrowed[0]))
        for domain in sorted(domains - tenant.domains.keys()):
            own = next((own for own in sorted(tenant.domains) if resembles(domain, own)), "")
            if own and (allowed := approval(tenant.options, Method.LOOKALIKE_DOMAINS, (domain,))):
                findings.append(found(FROM_LOOKALIKE_APPROVED, allowed.evidence))
            elif own:
                findings.append(found(FROM_LOOKALIKE_DOMAIN, f"{domain} for {own}"))
                break
        return tuple(findings)


def _sends_for(tenant: TenantSnapshot, ip: str) -> bool:
    """Tell whether the client is one of the tenant's own registered servers."""
    return bool(ip) and SenderList(networks=tenant.outbound_networks).entry_for_ip(ip) != ""


def _proved(facts: Facts, domain: str) -> bool:
    if facts.dmarc.result is AuthResult.PASS and facts.dmarc.domain == domain:
        return True
    if facts.spf.result is AuthResult.PASS and facts.spf.domain == domain:
        return True
    return any(each.result is AuthResult.PASS and each.domain == domain for each in facts.dkim)

"""Domains: claimed, proven in the DNS, and checked before mail flows."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Path, Router, Schema, Status

from lazaretto.store import claims, domain_checks
from lazaretto.store.domain_checks import Readiness
from lazaretto.store.rows.models import Claim
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.problems import PROBLEMS
from lazaretto.web.api.rates import spend_look

router = Router()
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]
Domain = Annotated[str, Path(max_length=253, description="The domain's name.")]
_SEE = Needs(Area.ROUTES, Right.VIEW_CONFIGURATION)
_EDIT = Needs(Area.ROUTES, Right.EDIT)


class DomainWanted(Schema):
    """A domain to add."""

    domain: str = Field(max_length=253)


class ClaimShown(Schema):
    """A domain that waits for its proof, and the TXT record that proves it."""

    domain: str
    record_name: str
    record_text: str
    claimed_by: str
    claimed_at: datetime


class Proof(Schema):
    """What the DNS says: `proven`, `absent`, `other` or `unknown`."""

    domain: str
    proof: str


class RecordShown(Schema):
    """A DNS record to add."""

    name: str
    kind: str
    value: str


class CheckShown(Schema):
    """One light: `green`, `amber`, `red`, or `grey` where it could not be found out."""

    key: str
    light: str
    says: str
    seen: list[str]
    records: list[RecordShown]


class ReadinessShown(Schema):
    """The lights of one domain."""

    domain: str
    ready: bool
    """Nothing is red."""
    checks: list[CheckShown]


@router.get(
    "/tenants/{tenant}/domain-claims",
    auth=_SEE,
    response={200: list[ClaimShown], **PROBLEMS},
    summary="List domains that wait for their proof",
)
def list_claims(request: HttpRequest, tenant: Name) -> Any:
    """Return the claims that are not proven yet, by name."""
    return [_shown(each) for each in claims.open_claims(_scope(request))]


@router.post(
    "/tenants/{tenant}/domain-claims",
    auth=_EDIT,
    response={201: ClaimShown, **PROBLEMS},
    summary="Claim a domain",
)
def claim(request: HttpRequest, tenant: Name, body: DomainWanted) -> Any:
    """Say that a domain is the tenant's own; returns the record that proves it."""
    return Status(201, _shown(claims.claim(_scope(request), body.domain)))


@router.post(
    "/tenants/{tenant}/domain-claims/{domain}/prove",
    auth=_EDIT,
    response={200: Proof, **PROBLEMS},
    summary="Look for a domain's proof",
)
def prove(request: HttpRequest, tenant: Name, domain: Domain) -> Any:
    """Ask the DNS; a domain that is proven is received for from then on."""
    spend_look(tenant)
    return Proof(domain=domain.lower(), proof=claims.prove(_scope(request), domain).value)


@router.delete(
    "/tenants/{tenant}/domain-claims/{domain}",
    auth=_EDIT,
    response={204: None, **PROBLEMS},
    summary="Withdraw a claim",
)
def withdraw(request: HttpRequest, tenant: Name, domain: Domain) -> Any:
    """Forget that a domain was to be added."""
    claims.withdraw(_scope(request), domain)
    return Status(204, None)


@router.get(
    "/tenants/{tenant}/domains/{domain}/dns",
    auth=_SEE,
    response={200: ReadinessShown, **PROBLEMS},
    summary="Check a domain's DNS",
)
def check_dns(request: HttpRequest, tenant: Name, domain: Domain) -> Any:
    """Look at MX, SPF, DKIM, DMARC and MTA-STS now; what is missing comes with its record."""
    spend_look(tenant)
    return _lights(domain_checks.dns_checks(_scope(request), domain))


@router.get(
    "/tenants/{tenant}/domains/{domain}/server",
    auth=_SEE,
    response={200: ReadinessShown, **PROBLEMS},
    summary="Check a domain's mail servers",
)
def check_server(request: HttpRequest, tenant: Name, domain: Domain) -> Any:
    """Call the servers now, without handing anything over; takes some seconds."""
    spend_look(tenant)
    return _lights(domain_checks.server_checks(_scope(request), domain))


@router.get(
    "/tenants/{tenant}/domains/{domain}/mail",
    auth=_SEE,
    response={200: ReadinessShown, **PROBLEMS},
    summary="Check a domain's addresses and test mail",
)
def check_mail(request: HttpRequest, tenant: Name, domain: Domain) -> Any:
    """Tell whether addresses are registered and mail went through."""
    return _lights(domain_checks.mail_checks(_scope(request), domain))


def _scope(request: HttpRequest) -> Scope:
    scope: Scope = request.auth  # type: ignore[attr-defined]
    return scope


def _shown(claim: Claim) -> ClaimShown:
    return ClaimShown(
        domain=claim.domain,
        record_name=claims.record_name(claim),
        record_text=claims.record_text(claim),
        claimed_by=claim.claimed_by,
        claimed_at=claim.claimed_at,
    )


def _lights(readiness: Readiness) -> ReadinessShown:
    return ReadinessShown(
        domain=readiness.domain,
        ready=readiness.is_ready,
        checks=[
            CheckShown(
                key=each.key,
                light=each.light.value,
                says=each.says,
                seen=list(each.seen),
                records=[RecordShown(name=r.name, kind=r.kind, value=r.value) for r in each.records],
            )
            for each in readiness.checks
        ],
    )

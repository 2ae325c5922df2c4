"""Domains that a tenant adds by itself: claimed, proven in the DNS, and only then received for.

Whoever may write a text into a domain's DNS runs the domain; nothing else proves it.  The operator
adds domains without, as ordered.
"""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from django.db import IntegrityError, transaction

from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.store import drafts, tenancy
from lazaretto.store.auditing import ordered
from lazaretto.store.mailpath import mail_path
from lazaretto.store.rows.models import Claim
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.services.contract import Contract
from lazaretto.tenants.values import domain_name

LABEL: Final = "_lazaretto"
PREFIX: Final = "lazaretto-domain="


class Proof(Enum):
    """What the DNS says of a claim."""

    PROVEN = "proven"
    ABSENT = "absent"
    OTHER = "other"
    """A record stands there, with another text."""
    UNKNOWN = "unknown"
    """The DNS did not answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """How many domains were ordered, and how many are used."""

    ordered: int
    used: int

    @property
    def is_left(self) -> bool:
        """Tell whether another one may be added."""
        return self.used < self.ordered


def record_name(claim: Claim) -> str:
    """Return where the proof of ``claim`` belongs."""
    return f"{LABEL}.{claim.domain}"


def record_text(claim: Claim) -> str:
    """Return the text of the TXT record that proves ``claim``."""
    return PREFIX + claim.secret


def open_claims(scope: Scope) -> list[Claim]:
    """Return the claims that are not domains yet, by name."""
    scope.demand(Area.ROUTES, Right.VIEW_CONFIGURATION)
    domains = drafts.parsed(tenancy.whole(scope).text).domains
    found = Claim.objects.filter(tenant=scope.of_tenant).order_by("domain")
    return [each for each in found if each.domain not in domains and scope.domains.reach(each.domain)]


def claim_of(scope: Scope, domain: str) -> Claim:
    """Return one claim.  Raises ``ScopeError`` when it is not there."""
    scope.demand(Area.ROUTES, Right.VIEW_CONFIGURATION)
    found = Claim.objects.filter(tenant=scope.of_tenant, domain=domain.lower()).first()
    if found is None or not scope.domains.reach(domain):
        raise ScopeError("there is no such domain")
    return found


def room(scope: Scope) -> Room:
    """Return how many domains the tenant ordered, and how many it has."""
    scope.demand(Area.ROUTES, Right.VIEW_CONFIGURATION)
    document = drafts.parsed(tenancy.whole(scope).text)
    return Room(ordered=Contract.of(document).domains, used=len(document.domains))


def claim(scope: Scope, name: str) -> Claim:
    """Note that the tenant says that a domain is its own; claiming it again changes nothing.

    Raises ``ConfigurationError`` where the name is none, is known already, or no more were ordered.
    """
    _demand_edit(scope)
    try:
        domain = domain_name(name.strip())
    except ValueError as failure:
        raise ConfigurationError(str(failure)) from failure
    owner = mail_path().wait(mail_path().tenants.owner_of(domain))
    if owner == scope.tenant_name:
        raise ConfigurationError(f"{domain} is there already")
    # Who else receives for it is nobody's business; that somebody does must be said.
    if owner is not None:
        raise ConfigurationError(f"{domain} cannot be added by itself; ask the operator")
    here = room(scope)
    if not here.is_left:
        raise ConfigurationError(f"{here.ordered} domains were ordered, and {here.used} are used")
    with ordered(scope, "domain.claim", domain):
        try:
            with transaction.atomic():
                return Claim.objects.create(
                    tenant=scope.of_tenant,
                    domain=domain,
                    secret=secrets.token_hex(20),
                    claimed_by=scope.who.name,
                )
        except IntegrityError:
            return claim_of(scope, domain)


def prove(scope: Scope, domain: str) -> Proof:
    """Ask the DNS for the proof; a domain that is proven is received for from then on."""
    _demand_edit(scope)
    claimed = claim_of(scope, domain)
    proof = look_for_proof(claimed)
    if proof is not Proof.PROVEN:
        return proof
    if not room(scope).is_left:
        raise ConfigurationError("all domains that were ordered are used")
    Claim.objects.filter(id=claimed.id).update(proven_at=datetime.now(UTC))
    drafts.change_now(scope, {("domains", claimed.domain): {}}, note=f"{claimed.domain} is proven")
    return proof


def withdraw(scope: Scope, domain: str) -> None:
    """Forget a claim."""
    _demand_edit(scope)
    claimed = claim_of(scope, domain)
    with ordered(scope, "domain.withdraw", claimed.domain):
        claimed.delete()


def look_for_proof(claimed: Claim) -> Proof:
    """Return what the DNS says of ``claimed``."""
    path = mail_path()
    answer = path.wait(path.resolver().ask(record_name(claimed), "TXT"))
    if answer.failed:
        return Proof.UNKNOWN
    if record_text(claimed) in (record.strip() for record in answer.records):
        return Proof.PROVEN
    return Proof.OTHER if answer.records else Proof.ABSENT


def _demand_edit(scope: Scope) -> None:
    scope.demand(Area.ROUTES, Right.EDIT)
    scope.demand_all_domains()

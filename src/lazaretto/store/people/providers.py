"""Tenants' own identity providers: which of them answers for an address, and how they are made known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.store.auditing import ordered
from lazaretto.store.given import given
from lazaretto.store.mailpath import mail_path
from lazaretto.store.people.models import Account, Provider
from lazaretto.store.people.sealing import seal
from lazaretto.store.scope import Area, Right, Scope

OIDC: Final = "oidc"
SAML: Final = "saml"
_WANTED: Final = {OIDC: ("issuer", "client_id"), SAML: ("entity_id", "sign_in_address", "certificate")}


def provider_of(email: str) -> Provider | None:
    """Return the provider that answers for ``email``; None = there is none."""
    return Provider.objects.filter(domain=email.rpartition("@")[2].lower()).first()


def is_only_way(email: str) -> bool:
    """Tell whether people of this address's domain sign in through their provider alone."""
    found = provider_of(email)
    return found is not None and found.is_only_way


def providers(scope: Scope) -> list[Provider]:
    """Return the providers of those of the tenant's domains that the scope reaches."""
    scope.demand(Area.PEOPLE, Right.VIEW_CONFIGURATION)
    known = Provider.objects.filter(tenant=scope.of_tenant).order_by("domain")
    return [each for each in known if scope.domains.reach(each.domain)]


def set_provider(
    scope: Scope,
    domain: str,
    kind: str,
    name: str,
    settings: Mapping[str, Any],
    *,
    secret: str = "",
    is_only_way: bool = False,
) -> Provider:
    """Let ``domain`` of the tenant have this provider, in place of the one it had.

    Without ``secret`` the former one stays.  Raises ``ConfigurationError`` where something is missing or
    the domain is not the tenant's.
    """
    scope.demand(Area.PEOPLE, Right.EDIT)
    path = mail_path()
    domain = domain.strip().lower()
    if path.wait(path.tenants.owner_of(domain)) != scope.tenant_name or not scope.domains.reach(domain):
        raise ConfigurationError(f"{domain} is no domain of {scope.tenant_name}")
    missing = [each for each in _WANTED.get(kind, ()) if not settings.get(each)]
    if kind not in _WANTED or missing:
        raise ConfigurationError(f"a provider is oidc or saml, and {kind} needs {', '.join(missing)}")
    shown = {"kind": kind, "name": name, "is_only_way": is_only_way, **settings}
    with ordered(scope, "provider.set", domain, after=shown):
        columns: dict[str, Any] = {
            "tenant": scope.of_tenant,
            "kind": kind,
            "name": name,
            "settings": dict(settings),
            "is_only_way": is_only_way,
        }
        if secret:
            columns["secret"] = seal(given().secret, secret, kind)
        provider, _is_new = Provider.objects.update_or_create(domain=domain, defaults=columns)
    return provider


def remove_provider(scope: Scope, domain: str) -> None:
    """Let people of ``domain`` sign in as others do.  Raises ``ScopeError`` where there is no provider."""
    scope.demand(Area.PEOPLE, Right.EDIT)
    domain = domain.strip().lower()
    found = Provider.objects.filter(tenant=scope.of_tenant, domain=domain)
    if not scope.domains.reach(domain) or not found.exists():
        raise ScopeError("there is no such provider")
    with ordered(scope, "provider.remove", domain):
        found.delete()


def account_proven_by(provider: Provider, address: str, language: str) -> Account | None:
    """Return the account of ``address``, which ``provider`` proved; made where there is none.

    None where it is closed, or is granted something beyond the provider's tenant.  What somebody is granted
    is never the provider's to say.
    """
    path = mail_path()
    owner = path.wait(path.tenants.owner_of(provider.domain))
    number = None if owner is None else path.wait(path.tenants.number_of(owner))
    # A domain that went to another tenant took its people along, and left the provider behind.
    if number != provider.tenant or address.rpartition("@")[2] != provider.domain:
        return None
    account = Account.objects.filter(email=address).first()
    if account is None:
        account = Account(email=address, language=language, must_change_password=False)
        account.set_unusable_password()
    if not account.is_active or account.is_break_glass:
        return None
    # Who chooses the provider could otherwise become somebody who may do more than they do.
    if account.grants.exclude(tenant=provider.tenant).exists():
        return None
    account.address_proven_at = datetime.now(UTC)
    account.save()
    return account

"""Changing accounts, grants and tokens.  Nobody gives more than they have."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction

from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.core.identity import TenantId
from lazaretto.store.auditing import ordered
from lazaretto.store.people import queries
from lazaretto.store.people.models import Account, Grant, ResellerGrant, Token
from lazaretto.store.people.scopes import Caller, parsed
from lazaretto.store.people.tokens import new_secret, written
from lazaretto.store.roles import ROLES
from lazaretto.store.scope import Area, Forbidden, Permission, Right, Scope
from lazaretto.tenants.values import tenant_name

LANGUAGES: Final = ("en", "fr", "nl", "de")


@dataclass(frozen=True, slots=True, kw_only=True)
class Granted:
    """What an account is given."""

    role: str = ""
    permissions: Sequence[str] = ()
    """Beyond the role's, as ``area:right``."""
    domains: Sequence[str] = ()
    domains_are_excepted: bool = True


def add_account(
    scope: Scope, email: str, granted: Granted, *, name: str = "", language: str = "en"
) -> Account:
    """Make an account, or grant a known one something in the scope's tenant as well.

    It cannot sign in before it was given a password.  Raises ``ConfigurationError`` when something is
    wrong with what was given, ``Forbidden`` when more is given than the giver has.
    """
    scope.demand(Area.PEOPLE, Right.EDIT)
    address = _checked_address(email)
    if language not in LANGUAGES:
        raise ConfigurationError(f"there is no language {language!r}; there are {', '.join(LANGUAGES)}")
    _check_granted(scope, granted)
    known = Account.objects.filter(email=address).first()
    if known is not None and known.grants.filter(tenant=scope.tenant).exists():
        raise ConfigurationError(f"{address} has an account here already; change that one")
    with ordered(scope, "account.add", address, after=_as_json(granted)), transaction.atomic():
        account = known or _new_account(address, name, language)
        Grant.objects.create(account=account, tenant=scope.tenant, **_columns(granted))
    return account


def grant_to_reseller(scope: Scope, email: str, reseller: str, role: str = "reseller-administrator") -> None:
    """Give an account a role in every tenant that ``reseller`` sold; for the operator."""
    scope.demand(Area.TENANTS, Right.EDIT)
    if scope.tenant is not None:
        raise Forbidden("a reseller's people are the operator's to name")
    _check_granted(scope, Granted(role=role))
    if ROLES[role].is_operators:
        raise ConfigurationError(f"the role {role} is the operator's; a reseller cannot have it")
    address, name = _checked_address(email), tenant_name(reseller)
    with (
        ordered(scope, "account.grant", address, after={"reseller": name, "role": role}),
        transaction.atomic(),
    ):
        account = Account.objects.filter(email=address).first() or _new_account(address, "", "en")
        ResellerGrant.objects.update_or_create(account=account, reseller=name, defaults={"role": role})


def change_grant(scope: Scope, identity: UUID, granted: Granted) -> Account:
    """Give an account of the scope other rights in place of those it has."""
    scope.demand(Area.PEOPLE, Right.EDIT)
    account = queries.account(scope, identity)
    _check_granted(scope, granted)
    grant = queries.grant_of(scope, account)
    check_not_above(scope, grant)
    before = _grant_as_json(grant)
    with ordered(scope, "account.grant", account.email, before=before, after=_as_json(granted)):
        for column, value in _columns(granted).items():
            setattr(grant, column, value)
        grant.save()
    return account


def remove_account(scope: Scope, identity: UUID) -> None:
    """Take away what an account is granted in the scope; one that is granted nothing else goes as well."""
    scope.demand(Area.PEOPLE, Right.EDIT)
    account = queries.account(scope, identity)
    grant = queries.grant_of(scope, account)
    check_not_above(scope, grant)
    with (
        ordered(scope, "account.remove", account.email, before=_grant_as_json(grant)),
        transaction.atomic(),
    ):
        grant.delete()
        if not account.grants.exists() and not account.reseller_grants.exists():
            account.delete()


def make_token(
    caller: Caller,
    name: str,
    *,
    permissions: Sequence[str] | None = None,
    tenant: TenantId | None = None,
    expires_at: datetime | None = None,
) -> tuple[Token, str]:
    """Make a token of the caller's own account; return it and its text, which is never shown again.

    A token never does more than the one that it was made with.
    """
    if not name.strip():
        raise ConfigurationError("a token needs a name that says what it is for")
    if caller.token is not None:
        permissions = _narrowed(caller.token.permissions, permissions)
        tenant = caller.token.tenant if tenant is None else tenant  # type: ignore[assignment]
        if caller.token.tenant not in (None, tenant):
            raise ScopeError("there is no such tenant")
    unknown = [text for text in permissions or () if not parsed([text])]
    if unknown:
        raise ConfigurationError(f"there is no permission {', '.join(unknown)}; GET /api/v1/roles lists them")
    secret, digest = new_secret()
    scope = Scope(who=caller.who, tenant=tenant)
    with ordered(scope, "token.add", name, after={"permissions": permissions and list(permissions)}):
        token = Token.objects.create(
            account=caller.account,
            name=name.strip(),
            digest=digest,
            permissions=None if permissions is None else list(permissions),
            tenant=tenant,
            expires_at=expires_at,
        )
    return token, written(token, secret)


def revoke_token(caller: Caller, identity: UUID) -> None:
    """End a token of the caller's own account.  Raises ``ScopeError`` when it is not there."""
    token = queries.own_tokens(caller).filter(id=identity).first()
    if token is None:
        raise ScopeError("there is no such token")
    scope = Scope(who=caller.who, tenant=None if token.tenant is None else TenantId(token.tenant))
    with ordered(scope, "token.revoke", token.name):
        token.delete()


def _new_account(address: str, name: str, language: str) -> Account:
    account = Account(email=address, name=name.strip(), language=language)
    account.set_unusable_password()
    account.save()
    return account


def _checked_address(email: str) -> str:
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError as failure:
        raise ConfigurationError(f"{email!r} is no mail address") from failure
    return address


def _check_granted(scope: Scope, granted: Granted) -> None:
    role = ROLES.get(granted.role)
    if granted.role and role is None:
        raise ConfigurationError(f"there is no role {granted.role!r}; there are {', '.join(sorted(ROLES))}")
    if role is not None and role.is_operators and scope.tenant is not None:
        raise ConfigurationError(f"the role {role.name} is the operator's; a tenant cannot give it")
    unknown = [text for text in granted.permissions if not parsed([text])]
    if unknown:
        raise ConfigurationError(f"there is no permission {', '.join(unknown)}")
    wanted = (role.permissions if role else frozenset[Permission]()) | parsed(granted.permissions)
    beyond = sorted(each.text for each in wanted - scope.permissions)
    if beyond:
        raise Forbidden(f"nobody gives rights that they do not have: {', '.join(beyond)}")
    _check_reach(scope, granted)


def _check_reach(scope: Scope, granted: Granted) -> None:
    """Raise ``Forbidden`` where the grant would reach a domain that the giver's own does not."""
    own = scope.domains
    if own.is_all:
        return
    if granted.domains_are_excepted:
        reaches_beyond = not (own.all_except and own.named <= set(granted.domains))
    else:
        reaches_beyond = any(not own.reach(domain) for domain in granted.domains)
    if reaches_beyond:
        raise Forbidden("nobody gives rights in domains that their own do not reach")


def check_not_above(scope: Scope, grant: Grant) -> None:
    """Raise ``Forbidden`` where the other one's rights go beyond those of who would change them."""
    role = ROLES.get(grant.role)
    theirs = (role.permissions if role else frozenset[Permission]()) | parsed(grant.permissions)
    if not theirs <= scope.permissions:
        raise Forbidden("this account has rights that you do not have; somebody who has them can change it")


def _narrowed(own: Sequence[str] | None, wanted: Sequence[str] | None) -> Sequence[str] | None:
    if own is None:
        return wanted
    if wanted is None:
        return own
    beyond = sorted(set(wanted) - set(own))
    if beyond:
        raise Forbidden(f"this token does not have {', '.join(beyond)} itself")
    return wanted


def _columns(granted: Granted) -> dict[str, Any]:
    return {
        "role": granted.role,
        "permissions": sorted(set(granted.permissions)),
        "domains": sorted({domain.lower() for domain in granted.domains}),
        "domains_are_excepted": granted.domains_are_excepted,
    }


def _as_json(granted: Granted) -> dict[str, Any]:
    return _columns(granted)


def _grant_as_json(grant: Grant) -> dict[str, Any]:
    return {
        "role": grant.role,
        "permissions": grant.permissions,
        "domains": grant.domains,
        "domains_are_excepted": grant.domains_are_excepted,
    }

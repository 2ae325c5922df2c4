"""Accounts: who may do what in a tenant, or on the platform."""

from __future__ import annotations

from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Path, Router, Schema, Status

from lazaretto.store.people import commands, queries
from lazaretto.store.people.commands import Granted
from lazaretto.store.people.models import Account
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.pages import NO_NUL, Cursor, Limit, Page, cursor_of, parts_of
from lazaretto.web.api.problems import PROBLEMS

router = Router()
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]
Plain = Annotated[str, Field(pattern=NO_NUL)]
_SEE = Needs(Area.PEOPLE, Right.VIEW_CONFIGURATION)
_EDIT = Needs(Area.PEOPLE, Right.EDIT)


class Grant(Schema):
    """What somebody is given."""

    role: str = Field(
        "", max_length=64, pattern=NO_NUL, description="A role's name; `GET /roles` lists them."
    )
    permissions: list[Plain] = Field([], max_length=200, description="Beyond the role's, as `area:right`.")
    domains: list[Plain] = Field(
        [], max_length=10_000, description="Domains that are left out, or the only ones."
    )
    domains_are_excepted: bool = Field(True, description="True: `domains` are left out; false: only they.")


class AccountAdded(Grant):
    """A new account and what it is given."""

    email: str = Field(max_length=254, pattern=NO_NUL)
    name: str = Field("", max_length=200, pattern=NO_NUL)
    language: Literal["en", "fr", "nl", "de"] = "en"


class AccountShown(Grant):
    """An account and what it is given here."""

    id: UUID
    email: str
    name: str
    language: str
    is_active: bool


@router.get("/accounts", auth=_SEE, response={200: Page[AccountShown], **PROBLEMS}, summary="List operators")
def list_operators(request: HttpRequest, cursor: Cursor = "", limit: Limit = 100) -> Any:
    """Return the accounts that are granted something on the platform."""
    return _page(_scope(request), cursor, limit)


@router.post("/accounts", auth=_EDIT, response={201: AccountShown, **PROBLEMS}, summary="Add an operator")
def add_operator(request: HttpRequest, body: AccountAdded) -> Any:
    """Make an account with rights on the platform and in every tenant."""
    return Status(201, _added(_scope(request), body))


@router.delete("/accounts/{id}", auth=_EDIT, response={204: None, **PROBLEMS}, summary="Remove an operator")
def remove_operator(request: HttpRequest, id: UUID) -> Any:  # noqa: A002 - the path's own word
    """Take the rights on the platform away."""
    commands.remove_account(_scope(request), id)
    return Status(204, None)


@router.get(
    "/tenants/{tenant}/accounts",
    auth=_SEE,
    response={200: Page[AccountShown], **PROBLEMS},
    summary="List a tenant's accounts",
)
def list_accounts(request: HttpRequest, tenant: Name, cursor: Cursor = "", limit: Limit = 100) -> Any:
    """Return the accounts that are granted something in the tenant."""
    return _page(_scope(request), cursor, limit)


@router.post(
    "/tenants/{tenant}/accounts",
    auth=_EDIT,
    response={201: AccountShown, **PROBLEMS},
    summary="Add an account",
)
def add_account(request: HttpRequest, tenant: Name, body: AccountAdded) -> Any:
    """Make an account, or grant a known one something here as well; nobody gives more than they have."""
    return Status(201, _added(_scope(request), body))


@router.get(
    "/tenants/{tenant}/accounts/{id}",
    auth=_SEE,
    response={200: AccountShown, **PROBLEMS},
    summary="Read an account",
)
def read_account(request: HttpRequest, tenant: Name, id: UUID) -> Any:  # noqa: A002 - the path's own word
    """Return one account and what it is granted here."""
    scope = _scope(request)
    return _shown(scope, queries.account(scope, id))


@router.put(
    "/tenants/{tenant}/accounts/{id}",
    auth=_EDIT,
    response={200: AccountShown, **PROBLEMS},
    summary="Change what an account is granted",
)
def change_account(request: HttpRequest, tenant: Name, id: UUID, body: Grant) -> Any:  # noqa: A002 - the path's own word
    """Give other rights in place of those it has here."""
    scope = _scope(request)
    return _shown(scope, commands.change_grant(scope, id, _granted(body)))


@router.delete(
    "/tenants/{tenant}/accounts/{id}",
    auth=_EDIT,
    response={204: None, **PROBLEMS},
    summary="Remove an account",
)
def remove_account(request: HttpRequest, tenant: Name, id: UUID) -> Any:  # noqa: A002 - the path's own word
    """Take away what it is granted here; an account that is granted nothing else goes as well."""
    commands.remove_account(_scope(request), id)
    return Status(204, None)


def _scope(request: HttpRequest) -> Scope:
    scope: Scope = request.auth  # type: ignore[attr-defined]
    return scope


def _page(scope: Scope, cursor: str, limit: int) -> Page[AccountShown]:
    (after,) = parts_of(cursor, tuple[str]) if cursor else ("",)
    found = list(queries.accounts(scope).filter(email__gt=after)[: limit + 1])
    shown = [_shown(scope, account) for account in found[:limit]]
    return Page[AccountShown](items=shown, next=cursor_of(shown[-1].email) if len(found) > limit else None)


def _added(scope: Scope, body: AccountAdded) -> AccountShown:
    account = commands.add_account(scope, body.email, _granted(body), name=body.name, language=body.language)
    return _shown(scope, account)


def _granted(body: Grant) -> Granted:
    return Granted(
        role=body.role,
        permissions=body.permissions,
        domains=body.domains,
        domains_are_excepted=body.domains_are_excepted,
    )


def _shown(scope: Scope, account: Account) -> AccountShown:
    grant = queries.grant_of(scope, account)
    return AccountShown(
        id=account.id,
        email=account.email,
        name=account.name,
        language=account.language,
        is_active=account.is_active,
        role=grant.role,
        permissions=grant.permissions,
        domains=grant.domains,
        domains_are_excepted=grant.domains_are_excepted,
    )

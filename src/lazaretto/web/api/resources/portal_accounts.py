"""Accounts of the quarantine portal and account groups: the five limited rights."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Path, Router, Schema, Status

from lazaretto.store.people import portal_accounts
from lazaretto.store.people.models import Account
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.mailboxes import Access, AccountGroup
from lazaretto.tenants.reviewing import person_of
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.pages import NO_NUL, Cursor, Limit, Page, cursor_of, parts_of
from lazaretto.web.api.problems import PROBLEMS

router = Router()
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]
Address = Annotated[str, Field(max_length=254)]
_ACCESS = Needs(Area.QUARANTINE, Right.ACCESS_ACCOUNTS)
_GROUPS = Needs(Area.QUARANTINE, Right.CREATE_GROUPS)


class PortalAccountAdded(Schema):
    """A mailbox whose owner shall have an account."""

    address: Address
    name: str = Field("", max_length=200, pattern=NO_NUL)
    language: Literal["en", "fr", "nl", "de"] = "en"


class PortalAccountShown(Schema):
    """Somebody who reads their own quarantine, or was invited to."""

    id: UUID
    address: str
    name: str
    language: str


class FurtherAddress(Schema):
    """An address, or a reader, besides the account's own."""

    address: str
    kind: str
    confirmed_at: datetime | None


class PortalAccountDetails(PortalAccountShown):
    """One with its addresses and readers."""

    aliases: list[str] = Field(description="What the configuration gives the mailbox.")
    further: list[FurtherAddress] = Field(description="Addresses of the person's own.")
    readers: list[FurtherAddress] = Field(description="Who reads along.")


class AliasWanted(Schema):
    """A further address for an account; it counts when a link mailed there is confirmed."""

    address: Address


class AccountGroupWanted(Schema):
    """Shared mailboxes, and those who look after them."""

    name: str = Field(min_length=1, max_length=100, pattern=NO_NUL)
    mailboxes: list[Address] = Field(min_length=1, max_length=1_000)
    members: list[Address] = Field(min_length=1, max_length=1_000)


class AccountGroupShown(Schema):
    """An account group."""

    id: UUID
    name: str
    mailboxes: list[str]
    members: list[str]


@router.get(
    "/tenants/{tenant}/portal-accounts",
    auth=_ACCESS,
    response={200: Page[PortalAccountShown], **PROBLEMS},
    summary="List accounts of the quarantine portal",
)
def list_portal_accounts(request: HttpRequest, tenant: Name, cursor: Cursor = "", limit: Limit = 100) -> Any:
    """Return the accounts in the domains that the caller reaches, by address."""
    found = portal_accounts.accounts(_scope(request))
    if cursor:
        found = found.filter(email__gt=parts_of(cursor, tuple[str])[0])
    rows = list(found[: limit + 1])
    shown = [PortalAccountShown(**_own(each)) for each in rows[:limit]]
    return Page[PortalAccountShown](
        items=shown, next=cursor_of(shown[-1].address) if len(rows) > limit else None
    )


@router.post(
    "/tenants/{tenant}/portal-accounts",
    auth=Needs(Area.QUARANTINE, Right.CREATE_ACCOUNTS),
    response={201: PortalAccountShown, **PROBLEMS},
    summary="Make an account of the quarantine portal",
)
def create(request: HttpRequest, tenant: Name, body: PortalAccountAdded) -> Any:
    """Make it for a mailbox of the tenant, and mail its owner how to get in."""
    made = portal_accounts.create(_scope(request), body.address, name=body.name, language=body.language)
    return Status(201, PortalAccountShown(**_own(made)))


@router.get(
    "/tenants/{tenant}/portal-accounts/{id}",
    auth=_ACCESS,
    response={200: PortalAccountDetails, **PROBLEMS},
    summary="Read an account of the quarantine portal",
)
def read_account(request: HttpRequest, tenant: Name, id: UUID) -> Any:  # noqa: A002 - the path's own word
    """Return one with its further addresses and those who read along."""
    found = portal_accounts.account(_scope(request), id)
    return PortalAccountDetails(
        **_own(found.account),
        aliases=list(found.aliases),
        further=[_further(each, each.mailbox) for each in found.further],
        readers=[_further(each, each.reader) for each in found.readers],
    )


@router.delete(
    "/tenants/{tenant}/portal-accounts/{id}",
    auth=Needs(Area.QUARANTINE, Right.DELETE_ACCOUNTS),
    response={204: None, **PROBLEMS},
    summary="End an account of the quarantine portal",
)
def remove(request: HttpRequest, tenant: Name, id: UUID) -> Any:  # noqa: A002 - the path's own word
    """End it; whoever has rights in the administration as well keeps theirs, and it is refused."""
    portal_accounts.remove(_scope(request), id)
    return Status(204, None)


@router.post(
    "/tenants/{tenant}/portal-accounts/{id}/aliases",
    auth=Needs(Area.QUARANTINE, Right.CREATE_ALIASES),
    response={204: None, **PROBLEMS},
    summary="Give an account a further address",
)
def add_alias(request: HttpRequest, tenant: Name, id: UUID, body: AliasWanted) -> Any:  # noqa: A002
    """Mail a link to the address; it is the account's when that is confirmed."""
    portal_accounts.add_alias(_scope(request), id, body.address)
    return Status(204, None)


@router.post(
    "/tenants/{tenant}/portal-accounts/{id}/access",
    auth=_ACCESS,
    response={204: None, **PROBLEMS},
    summary="Read along in an account's quarantine",
)
def read_along(request: HttpRequest, tenant: Name, id: UUID) -> Any:  # noqa: A002 - the path's own word
    """Let the caller's own mailbox read along; the owner sees it."""
    scope = _scope(request)
    portal_accounts.read_along(scope, id, person_of(scope.who.name))
    return Status(204, None)


@router.get(
    "/tenants/{tenant}/account-groups",
    auth=_GROUPS,
    response={200: list[AccountGroupShown], **PROBLEMS},
    summary="List account groups",
)
def list_account_groups(request: HttpRequest, tenant: Name) -> Any:
    """Return the groups of whose mailboxes and members the caller reaches all."""
    return [_group(each) for each in portal_accounts.groups(_scope(request))]


@router.post(
    "/tenants/{tenant}/account-groups",
    auth=_GROUPS,
    response={204: None, **PROBLEMS},
    summary="Make an account group, or change one",
)
def put_group(request: HttpRequest, tenant: Name, body: AccountGroupWanted) -> Any:
    """Members read and act in the quarantine of all its mailboxes; the group of this name is replaced."""
    portal_accounts.put_group(_scope(request), body.name, body.mailboxes, body.members)
    return Status(204, None)


@router.delete(
    "/tenants/{tenant}/account-groups/{id}",
    auth=_GROUPS,
    response={204: None, **PROBLEMS},
    summary="End an account group",
)
def remove_group(request: HttpRequest, tenant: Name, id: UUID) -> Any:  # noqa: A002 - the path's own word
    """End it; its members read their own quarantine only."""
    portal_accounts.remove_group(_scope(request), id)
    return Status(204, None)


def _scope(request: HttpRequest) -> Scope:
    scope: Scope = request.auth  # type: ignore[attr-defined]
    return scope


def _own(account: Account) -> dict[str, Any]:
    return {
        "id": account.id,
        "address": account.email,
        "name": account.name,
        "language": account.language,
    }


def _further(access: Access, address: str) -> FurtherAddress:
    return FurtherAddress(address=address, kind=access.kind.value, confirmed_at=access.confirmed_at)


def _group(group: AccountGroup) -> AccountGroupShown:
    return AccountGroupShown(
        id=group.id, name=group.name, mailboxes=list(group.mailboxes), members=list(group.members)
    )

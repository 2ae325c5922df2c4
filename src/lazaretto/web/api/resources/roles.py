"""Roles and permissions that there are, and who one is."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from ninja import Router, Schema

from lazaretto.store import tenancy
from lazaretto.store.people.scopes import Caller
from lazaretto.store.roles import ROLES
from lazaretto.web.api.needs import NeedsAccount
from lazaretto.web.api.problems import PROBLEMS

router = Router()


class RoleShown(Schema):
    """A set of permissions with a name."""

    name: str
    summary: str
    permissions: list[str]
    operators_only: bool


class Me(Schema):
    """Who asks."""

    account: str
    token: str | None
    tenants: list[str]
    """Where something is granted."""
    operator: bool


@router.get(
    "/roles", auth=NeedsAccount(), response={200: list[RoleShown], **PROBLEMS}, summary="List the roles"
)
def list_roles(request: HttpRequest) -> Any:
    """Return every role with its permissions, each `area:right`."""
    return [
        RoleShown(
            name=role.name,
            summary=role.summary,
            permissions=sorted(each.text for each in role.permissions),
            operators_only=role.is_operators,
        )
        for role in sorted(ROLES.values(), key=lambda each: each.name)
    ]


@router.get("/me", auth=NeedsAccount(), response={200: Me, **PROBLEMS}, summary="Tell who asks")
def me(request: HttpRequest) -> Any:
    """Return the token's account, and the tenants in which it may do something."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    return Me(
        account=caller.account.email,
        token=caller.token.name if caller.token else None,
        tenants=tenancy.visible_names(caller),
        operator=bool(caller.on_platform().permissions),
    )

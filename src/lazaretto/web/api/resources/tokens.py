"""The caller's own tokens."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Router, Schema, Status

from lazaretto.core.errors import ScopeError
from lazaretto.core.identity import TenantId
from lazaretto.store.people import commands, queries
from lazaretto.store.people.models import Token
from lazaretto.store.people.scopes import Caller
from lazaretto.web.api.needs import NeedsAccount
from lazaretto.web.api.pages import NO_NUL
from lazaretto.web.api.problems import PROBLEMS

router = Router()
Plain = Annotated[str, Field(pattern=NO_NUL)]


class TokenAdded(Schema):
    """A new token."""

    name: str = Field(min_length=1, max_length=100, pattern=NO_NUL, description="What it is for.")
    permissions: list[Plain] | None = Field(
        None, max_length=200, description="Only these, as `area:right`; null = all of the account's."
    )
    tenant: str | None = Field(
        None, max_length=100, pattern=NO_NUL, description="Only in this tenant; null = in all."
    )
    expires_at: datetime | None = None


class TokenShown(Schema):
    """A token, without its secret."""

    id: UUID
    name: str
    permissions: list[str] | None
    created_at: datetime
    expires_at: datetime | None
    last_used_at: datetime | None


class TokenMade(TokenShown):
    """A token that was made just now."""

    token: str
    """Shown this once; only a digest is kept."""


@router.get(
    "/tokens", auth=NeedsAccount(), response={200: list[TokenShown], **PROBLEMS}, summary="List tokens"
)
def list_tokens(request: HttpRequest) -> Any:
    """Return the tokens of the caller's account."""
    return [_shown(token) for token in queries.own_tokens(_caller(request))]


@router.post("/tokens", auth=NeedsAccount(), response={201: TokenMade, **PROBLEMS}, summary="Make a token")
def add_token(request: HttpRequest, body: TokenAdded) -> Any:
    """Make a token that does no more than the one that asks."""
    request.answers_with_secret = True  # type: ignore[attr-defined]
    caller = _caller(request)
    token, text = commands.make_token(
        caller,
        body.name,
        permissions=body.permissions,
        tenant=_tenant(caller, body.tenant),
        expires_at=body.expires_at,
    )
    return Status(201, TokenMade(**_shown(token).dict(), token=text))


@router.delete(
    "/tokens/{id}", auth=NeedsAccount(), response={204: None, **PROBLEMS}, summary="Revoke a token"
)
def revoke_token(request: HttpRequest, id: UUID) -> Any:  # noqa: A002 - the path's own word
    """End a token of the caller's account at once."""
    commands.revoke_token(_caller(request), id)
    return Status(204, None)


def _caller(request: HttpRequest) -> Caller:
    caller: Caller = request.auth  # type: ignore[attr-defined]
    return caller


def _tenant(caller: Caller, name: str | None) -> TenantId | None:
    if name is None:
        return None
    tenant = caller.in_tenant(name).tenant
    if tenant is None:
        raise ScopeError("there is no such tenant")
    return tenant


def _shown(token: Token) -> TokenShown:
    return TokenShown(
        id=token.id,
        name=token.name,
        permissions=token.permissions,
        created_at=token.created_at,
        expires_at=token.expires_at,
        last_used_at=token.last_used_at,
    )

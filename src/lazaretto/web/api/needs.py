"""Who may use an endpoint: declared where it is defined, checked before its function runs.

An endpoint without such a declaration is refused to everybody.
"""

from __future__ import annotations

from typing import Any, Final

from django.http import HttpRequest

from lazaretto.core.errors import LazarettoError
from lazaretto.store.people.scopes import Caller
from lazaretto.store.people.tokens import caller_of
from lazaretto.store.scope import Area, Permission, Right, Scope
from lazaretto.web.api.rates import spend

SCHEME: Final = "token"


class NotAuthenticated(LazarettoError):
    """Nobody known asks."""


class Needs:
    """Demands a permission in the tenant that the path names, or on the platform; gives the scope."""

    openapi_type = "http"

    def __init__(self, area: Area, right: Right) -> None:
        self.permission = Permission(area, right)

    def __call__(self, request: HttpRequest) -> Scope:
        """Return the caller's scope.  Raises ``NotAuthenticated``, ``ScopeError`` or ``Forbidden``."""
        caller = authenticated(request)
        tenant = _path_argument(request, "tenant")
        scope = caller.on_platform() if tenant is None else caller.in_tenant(tenant)
        scope.demand(*self.permission)
        return scope


class NeedsAccount:
    """Demands a known caller and nothing else; gives the caller."""

    permission = None

    def __call__(self, request: HttpRequest) -> Caller:
        """Return the caller.  Raises ``NotAuthenticated``."""
        return authenticated(request)


def refuse_all(_request: HttpRequest) -> Any:
    """Refuse: what everybody meets at an endpoint that declares nothing."""
    return None


def authenticated(request: HttpRequest) -> Caller:
    """Return who sends ``request``, and count it.  Raises ``NotAuthenticated`` or ``TooManyRequests``."""
    scheme, _, text = request.headers.get("Authorization", "").partition(" ")
    client = str(request.META.get("REMOTE_ADDR", ""))
    caller = caller_of(text.strip(), client) if scheme.lower() == "bearer" and text else None
    if caller is None:
        spend(f"stranger {client}")
        raise NotAuthenticated("this needs a token: Authorization: Bearer lzt_…")
    assert caller.token is not None
    spend(str(caller.token.id))
    return caller


def _path_argument(request: HttpRequest, name: str) -> str | None:
    match = request.resolver_match
    value = match.kwargs.get(name) if match else None
    return None if value is None else str(value)

"""Outlets: web hooks and log servers that a tenant's events are sent to."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Path, Router, Schema, Status

from lazaretto.core.events import EventKind
from lazaretto.journal.outlets import Format, Outlet, Wanted
from lazaretto.store import outlets
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.problems import PROBLEMS

router = Router()
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]
_EDIT = Needs(Area.FEEDS, Right.EDIT)


class OutletAdded(Schema):
    """An outlet as somebody wants it."""

    name: str = Field(min_length=1, max_length=100)
    target: str = Field(
        min_length=1, max_length=2_000, description="`https://host/path`, or `syslog+tls://host:port`."
    )
    format: Format = Format.JSON
    kinds: list[EventKind] = Field([], max_length=50, description="Kinds of events; empty = all.")


class OutletShown(Schema):
    """An outlet and how it is doing."""

    id: UUID
    name: str
    target: str
    format: str
    kinds: list[str]
    created_by: str
    created_at: datetime
    is_active: bool
    failures: int
    problem: str
    next_at: datetime
    sent_at: datetime | None


class OutletMade(OutletShown):
    """An outlet with its secret."""

    secret: str
    """Signs web hooks: `Lazaretto-Signature: t=<seconds>,v1=<HMAC-SHA256 of "<seconds>." and the body>`."""


@router.get(
    "/tenants/{tenant}/outlets",
    auth=Needs(Area.FEEDS, Right.VIEW_CONFIGURATION),
    response={200: list[OutletShown], **PROBLEMS},
    summary="List outlets",
)
def list_outlets(request: HttpRequest, tenant: Name) -> Any:
    """Return the tenant's outlets by name."""
    return [_shown(outlet) for outlet in outlets.outlets(_scope(request))]


@router.post(
    "/tenants/{tenant}/outlets", auth=_EDIT, response={201: OutletMade, **PROBLEMS}, summary="Add an outlet"
)
def add_outlet(request: HttpRequest, tenant: Name, body: OutletAdded) -> Any:
    """Send events from now on: each at least once, in order, again for three days until it is taken."""
    request.answers_with_secret = True  # type: ignore[attr-defined]
    wanted = Wanted(name=body.name, target=body.target, format=body.format, kinds=tuple(body.kinds))
    return Status(201, _made(*outlets.add(_scope(request), wanted)))


@router.delete(
    "/tenants/{tenant}/outlets/{id}", auth=_EDIT, response={204: None, **PROBLEMS}, summary="Remove an outlet"
)
def remove_outlet(request: HttpRequest, tenant: Name, id: UUID) -> Any:  # noqa: A002 - the path's own word
    """Send nothing there any more."""
    outlets.remove(_scope(request), id)
    return Status(204, None)


@router.post(
    "/tenants/{tenant}/outlets/{id}/resumption",
    auth=_EDIT,
    response={200: OutletShown, **PROBLEMS},
    summary="Try an outlet again",
)
def resume_outlet(request: HttpRequest, tenant: Name, id: UUID) -> Any:  # noqa: A002 - the path's own word
    """Try at once, also one that was switched off; nothing that is kept in the trace was lost."""
    return _shown(outlets.resume(_scope(request), id))


@router.post(
    "/tenants/{tenant}/outlets/{id}/secret",
    auth=_EDIT,
    response={201: OutletMade, **PROBLEMS},
    summary="Renew an outlet's secret",
)
def renew_secret(request: HttpRequest, tenant: Name, id: UUID) -> Any:  # noqa: A002 - the path's own word
    """Sign with another secret from now on."""
    request.answers_with_secret = True  # type: ignore[attr-defined]
    return Status(201, _made(*outlets.renew_secret(_scope(request), id)))


def _scope(request: HttpRequest) -> Scope:
    scope: Scope = request.auth  # type: ignore[attr-defined]
    return scope


def _made(outlet: Outlet, secret: str) -> OutletMade:
    return OutletMade(**_shown(outlet).dict(), secret=secret)


def _shown(outlet: Outlet) -> OutletShown:
    return OutletShown(
        id=outlet.id,
        name=outlet.name,
        target=outlet.target,
        format=outlet.format,
        kinds=outlet.kinds,
        created_by=outlet.created_by,
        created_at=outlet.created_at,
        is_active=outlet.is_active,
        failures=outlet.failures,
        problem=outlet.problem,
        next_at=outlet.next_at,
        sent_at=outlet.sent_at,
    )

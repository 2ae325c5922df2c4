"""Indicators: single traits of mail that something shall be done about."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Path, Query, Router, Schema, Status

from lazaretto.core.indicators import IndicatorAction, IndicatorKind
from lazaretto.intelligence.indicator_store import LONGEST_LIFE, Entry, Wish
from lazaretto.store import indicators
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.problems import PROBLEMS

router = Router()
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]
Number = Annotated[int, Path(ge=1, le=2_147_483_647, description="The entry's number.")]
_SEE = Needs(Area.LISTS, Right.VIEW_CONFIGURATION)
_EDIT = Needs(Area.LISTS, Right.EDIT)


class IndicatorAdded(Schema):
    """An entry as somebody wants it."""

    kind: IndicatorKind
    value: str = Field(min_length=1, max_length=2_000)
    action: IndicatorAction = IndicatorAction.BLOCK
    direction: Literal["inbound", "outbound", "both"] = "both"
    days: int = Field(7, ge=1, le=LONGEST_LIFE.days)
    reason: str = Field("", max_length=200)


class Added(Schema):
    """The numbers of entries, in the order in which they were given."""

    ids: list[int]


class IndicatorShown(Schema):
    """An entry and what it was found in."""

    id: int
    kind: str
    value: str
    action: str
    direction: str
    owner: str
    reason: str
    created_at: datetime
    expires_at: datetime
    hits: int
    last_hit_at: datetime | None


Several = Annotated[list[IndicatorAdded], Field(min_length=1, max_length=10_000)]


class IndicatorsAdded(Schema):
    """Entries, all or none."""

    indicators: Several


class Renewal(Schema):
    """For how long an entry shall count, from now."""

    days: int = Field(7, ge=1, le=LONGEST_LIFE.days)


@router.get(
    "/tenants/{tenant}/indicators",
    auth=_SEE,
    response={200: list[IndicatorShown], **PROBLEMS},
    summary="List indicators",
)
def list_indicators(request: HttpRequest, tenant: Name) -> Any:
    """Return the tenant's entries, newest first; those that ended stay for two weeks."""
    return [_shown(entry) for entry in indicators.indicators(_scope(request))]


@router.post(
    "/tenants/{tenant}/indicators", auth=_EDIT, response={201: Added, **PROBLEMS}, summary="Add indicators"
)
def add_indicators(
    request: HttpRequest,
    tenant: Name,
    body: IndicatorsAdded,
    replace: Annotated[bool, Query(description="All other entries go.")] = False,
) -> Any:
    """Add entries, or change those about the same traits; in force within five seconds."""
    wishes = [_wish(each) for each in body.indicators]
    return Status(201, Added(ids=indicators.add(_scope(request), wishes, replace=replace)))


@router.delete(
    "/tenants/{tenant}/indicators/{number}",
    auth=_EDIT,
    response={204: None, **PROBLEMS},
    summary="Remove an indicator",
)
def remove_indicator(request: HttpRequest, tenant: Name, number: Number) -> Any:
    """Remove one entry."""
    indicators.remove(_scope(request), number)
    return Status(204, None)


@router.post(
    "/tenants/{tenant}/indicators/{number}/renewal",
    auth=_EDIT,
    response={204: None, **PROBLEMS},
    summary="Renew an indicator",
)
def renew_indicator(request: HttpRequest, tenant: Name, number: Number, body: Renewal) -> Any:
    """Let one entry count for longer."""
    indicators.renew(_scope(request), number, body.days)
    return Status(204, None)


@router.get(
    "/indicators",
    auth=_SEE,
    response={200: list[IndicatorShown], **PROBLEMS},
    summary="List the operator's indicators",
)
def list_for_everybody(request: HttpRequest) -> Any:
    """Return the entries that count in every tenant, newest first."""
    return [_shown(entry) for entry in indicators.indicators(_scope(request))]


@router.post(
    "/indicators", auth=_EDIT, response={201: Added, **PROBLEMS}, summary="Add indicators for everybody"
)
def add_for_everybody(
    request: HttpRequest,
    body: IndicatorsAdded,
    replace: Annotated[bool, Query(description="All other entries go.")] = False,
) -> Any:
    """Add entries that count in every tenant, or change those about the same traits."""
    wishes = [_wish(each) for each in body.indicators]
    return Status(201, Added(ids=indicators.add(_scope(request), wishes, replace=replace)))


@router.delete(
    "/indicators/{number}",
    auth=_EDIT,
    response={204: None, **PROBLEMS},
    summary="Remove an indicator of the operator's",
)
def remove_for_everybody(request: HttpRequest, number: Number) -> Any:
    """Remove one entry that counts in every tenant."""
    indicators.remove(_scope(request), number)
    return Status(204, None)


@router.post(
    "/indicators/{number}/renewal",
    auth=_EDIT,
    response={204: None, **PROBLEMS},
    summary="Renew an indicator of the operator's",
)
def renew_for_everybody(request: HttpRequest, number: Number, body: Renewal) -> Any:
    """Let one entry that counts in every tenant count for longer."""
    indicators.renew(_scope(request), number, body.days)
    return Status(204, None)


def _scope(request: HttpRequest) -> Scope:
    scope: Scope = request.auth  # type: ignore[attr-defined]
    return scope


def _wish(body: IndicatorAdded) -> Wish:
    return Wish.parse(
        kind=body.kind.value,
        value=body.value,
        action=body.action.value,
        direction=body.direction,
        days=body.days,
        reason=body.reason,
    )


def _shown(entry: Entry) -> IndicatorShown:
    return IndicatorShown(
        id=entry.id,
        kind=entry.kind,
        value=entry.value,
        action=entry.action,
        direction=entry.direction,
        owner=entry.owner,
        reason=entry.reason,
        created_at=entry.created_at,
        expires_at=entry.expires_at,
        hits=entry.hits,
        last_hit_at=entry.last_hit_at,
    )

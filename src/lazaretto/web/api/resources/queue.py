"""The queue: what waits, in rows and figures, and orders about it."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Path, Query, Router, Schema

from lazaretto.core.errors import ConfigurationError
from lazaretto.spool.selection import Selection
from lazaretto.spool.waiting import WaitingCopy
from lazaretto.store import queueing
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.problems import PROBLEMS

router = Router()
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]
Word = Annotated[str, Query(max_length=255, pattern=r"^[^\x00]*$")]
_SEE = Needs(Area.QUEUE, Right.VIEW_STATISTICS)


class WaitingShown(Schema):
    """A copy that waits, or is being worked on."""

    id: UUID
    kind: str
    destination: str
    direction: str
    sender: str
    recipients: list[str]
    received_at: datetime
    next_at: datetime
    expires_at: datetime
    failures: int
    last_reply: str | None
    leased: bool


class QueueFiguresShown(Schema):
    """The queue in figures; ages are seconds since acceptance."""

    totals: dict[str, float]
    domains: dict[str, dict[str, float]]


class Order(Schema):
    """What shall happen to which copies; everything that is given must hold of them."""

    order: Literal["retry", "bounce", "hold", "release", "delete", "reroute"]
    ids: list[UUID] = Field([], max_length=500, description="Ids of messages.")
    domain: str = Field("", max_length=255, description="Domain of a recipient or of the sender.")
    sender: str = Field("", max_length=320, description="Envelope sender; `<>` = the null one.")
    destination: str = Field("", max_length=255, description="Domain whose hosts they are for.")
    reason: str = Field("", max_length=255, description="Part of the last answer of a next hop.")
    to: str = Field("", max_length=255, description="The domain of yours to whose hosts they are rerouted.")
    until: datetime | None = Field(None, description="End of a hold; null = when the copies expire.")


class Done(Schema):
    """How many copies an order was about."""

    copies: int


@router.get(
    "/tenants/{tenant}/queue",
    auth=_SEE,
    response={200: list[WaitingShown], **PROBLEMS},
    summary="List what waits",
)
def list_waiting(
    request: HttpRequest,
    tenant: Name,
    domain: Word = "",
    sender: Word = "",
    destination: Word = "",
    reason: Word = "",
    held: bool | None = None,
    limit: Annotated[int, Query(ge=1, le=10_000)] = 1_000,
) -> Any:
    """Return what is in the queue, next due first."""
    selection = Selection(
        domain=_plain(domain).lower(),
        sender=_plain(sender),
        destination=_plain(destination).lower(),
        reason=_plain(reason),
        held=held,
    )
    return [_shown(copy) for copy in queueing.waiting(_scope(request), selection, limit=limit)]


@router.get(
    "/tenants/{tenant}/queue/figures",
    auth=_SEE,
    response={200: QueueFiguresShown, **PROBLEMS},
    summary="Count the queue",
)
def figures(request: HttpRequest, tenant: Name) -> Any:
    """Return twelve figures for each domain and six in all."""
    counted = queueing.figures(_scope(request))
    return QueueFiguresShown(totals=counted.totals, domains=counted.domains)


@router.post(
    "/tenants/{tenant}/queue/orders",
    auth=Needs(Area.QUEUE, Right.EDIT),
    response={200: Done, **PROBLEMS},
    summary="Order something about what waits",
)
def order(request: HttpRequest, tenant: Name, body: Order) -> Any:
    """Try copies now, give them back to their senders, hold them, let them go or throw them away."""
    selection = Selection(
        ids=tuple(body.ids),
        domain=_plain(body.domain).lower(),
        sender=_plain(body.sender),
        destination=_plain(body.destination).lower(),
        reason=_plain(body.reason),
    )
    scope = _scope(request)
    match body.order:
        case "retry":
            count = queueing.retry(scope, selection)
        case "bounce":
            count = queueing.bounce(scope, selection)
        case "hold":
            count = queueing.hold(scope, selection, body.until)
        case "release":
            count = queueing.release(scope, selection)
        case "delete":
            count = queueing.delete(scope, selection)
        case "reroute":
            count = queueing.reroute(scope, selection, _plain(body.to))
    return Done(copies=count)


def _scope(request: HttpRequest) -> Scope:
    scope: Scope = request.auth  # type: ignore[attr-defined]
    return scope


def _plain(text: str) -> str:
    if not text.isprintable():
        raise ConfigurationError("what is looked for has characters that cannot be printed")
    return text


def _shown(copy: WaitingCopy) -> WaitingShown:
    return WaitingShown(
        id=copy.id,
        kind=copy.kind.value,
        destination=copy.destination,
        direction=copy.direction.value,
        sender=copy.sender,
        recipients=list(copy.recipients),
        received_at=copy.received_at,
        next_at=copy.next_at,
        expires_at=copy.expires_at,
        failures=copy.failures,
        last_reply=copy.last_reply or None,
        leased=copy.leased,
    )

"""What a change would have done: the time machine, conformance with best practice, and lists of senders."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Path, Query, Router, Schema, Status

from lazaretto.store import backtests, conforming, listed
from lazaretto.store.rows.models import Backtest
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.reviewing import Proposal
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.pages import Cursor, Limit, Page, cursor_of, parts_of
from lazaretto.web.api.problems import PROBLEMS

router = Router()
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]
List = Annotated[Literal["approved", "blocked"], Path(description="Which list.")]


class Tried(Schema):
    """A document to try."""

    document: str = Field(max_length=16_000_000, description="The YAML document.")
    days: int = Field(30, ge=1, le=30, description="How far back.")


class RunShown(Schema):
    """A run of the time machine."""

    id: UUID
    finished: bool
    days: int
    done: int
    """Days that were looked at."""
    problem: str
    outcome: dict[str, Any]
    """`messages`, `judged`, `changed` by kind, `examples`, `not_replayed`."""


class DeviationShown(Schema):
    """A setting that is not as the profile wants it."""

    path: str
    value: Any
    wanted: str
    duty: str
    """`tenant` or `operator`."""
    since: datetime | None
    suspends_levels: bool
    """The service levels for spam do not apply while it lasts."""


class SenderShown(Schema):
    """An entry of the approved or blocked senders, with what it did."""

    list: str
    entry: str
    kind: str
    owner: str
    reason: str
    expires: date | None
    on_trial: bool
    unproven: bool
    hits: int
    last_used: datetime | None


class SenderWanted(Schema):
    """An entry to add, or to write anew."""

    entry: str = Field(max_length=320, description="A mail address, domain, IP address or network.")
    reason: str = Field("", max_length=200)
    owner: str = Field("", max_length=200, description="Who wanted it; left out, who asks.")
    expires: date | None = Field(None, description="The last day on which it counts.")
    unproven: bool = Field(False, description="On the approved list: count even where nothing proves it.")
    shadow: bool = Field(False, description="Only on trial.")


class PutForward(Schema):
    """What came of a change: a version in force, or a proposal that waits for a second person."""

    version: int | None
    proposal: int | None


@router.post(
    "/tenants/{tenant}/configuration/backtests",
    auth=Needs(Area.TRACE, Right.VIEW_STATISTICS),
    response={202: RunShown, **PROBLEMS},
    summary="Try a configuration on past mail",
)
def begin_backtest(request: HttpRequest, tenant: Name, body: Tried) -> Any:
    """Begin a run, or return the one that answers the same question; read it until it is finished.

    Needs the right to change what differs from the configuration in force.
    """
    return Status(202, _run(backtests.begin(_scope(request), body.document, days=body.days)))


@router.get(
    "/tenants/{tenant}/configuration/backtests/{id}",
    auth=Needs(Area.TRACE, Right.VIEW_STATISTICS),
    response={200: RunShown, **PROBLEMS},
    summary="Read a run of the time machine",
)
def read_backtest(request: HttpRequest, tenant: Name, id: UUID) -> Any:  # noqa: A002 - the path's own word
    """Return how far a run is, and what it found by now."""
    return _run(backtests.backtest(_scope(request), id))


@router.get(
    "/tenants/{tenant}/conformance",
    auth=Needs(Area.ANTISPAM, Right.VIEW_CONFIGURATION),
    response={200: list[DeviationShown], **PROBLEMS},
    summary="Tell where the configuration leaves best practice",
)
def read_conformance(request: HttpRequest, tenant: Name) -> Any:
    """Return each setting that differs, whose duty it is, since when, and what that means."""
    return [
        DeviationShown(
            path=each.path,
            value=each.value,
            wanted=each.wanted,
            duty=each.duty.value,
            since=each.since,
            suspends_levels=each.suspends_levels,
        )
        for each in conforming.deviations(_scope(request))
    ]


@router.get(
    "/tenants/{tenant}/senders",
    auth=Needs(Area.LISTS, Right.VIEW_CONFIGURATION),
    response={200: Page[SenderShown], **PROBLEMS},
    summary="List approved and blocked senders",
)
def list_senders(request: HttpRequest, tenant: Name, cursor: Cursor = "", limit: Limit = 100) -> Any:
    """Return the entries of both lists with hits and last use, approved ones first."""
    (skipped,) = parts_of(cursor, tuple[int]) if cursor else (0,)
    found = list(listed.entries(_scope(request)))
    rows = found[skipped : skipped + limit]
    shown = [SenderShown(**{name: getattr(each, name) for name in SenderShown.model_fields}) for each in rows]
    more = len(found) > skipped + limit
    return Page[SenderShown](items=shown, next=cursor_of(skipped + limit) if more else None)


@router.post(
    "/tenants/{tenant}/senders/{which}",
    auth=Needs(Area.LISTS, Right.EDIT),
    response={201: PutForward, **PROBLEMS},
    summary="Approve or block a sender",
)
def add_sender(request: HttpRequest, tenant: Name, which: List, body: SenderWanted) -> Any:
    """Put an entry on a list at once, in place of one about the same sender."""
    wanted = body.model_dump(mode="json", exclude_defaults=True)
    return Status(201, _done(listed.add(_scope(request), which, wanted)))


@router.delete(
    "/tenants/{tenant}/senders/{which}",
    auth=Needs(Area.LISTS, Right.EDIT),
    response={200: PutForward, **PROBLEMS},
    summary="Take a sender off a list",
)
def remove_sender(
    request: HttpRequest, tenant: Name, which: List, entry: Annotated[str, Query(max_length=320)]
) -> Any:
    """Remove an entry at once."""
    return _done(listed.remove(_scope(request), which, entry))


def _scope(request: HttpRequest) -> Scope:
    scope: Scope = request.auth  # type: ignore[attr-defined]
    return scope


def _run(run: Backtest) -> RunShown:
    lost = backtests.is_lost(run)
    return RunShown(
        id=run.id,
        finished=run.finished or lost,
        days=run.days,
        done=run.done,
        problem="it was interrupted; begin it again" if lost else run.problem,
        outcome=run.outcome,
    )


def _done(done: Any) -> PutForward:
    if isinstance(done, Proposal):
        return PutForward(version=None, proposal=done.id)
    return PutForward(version=done.version, proposal=None)

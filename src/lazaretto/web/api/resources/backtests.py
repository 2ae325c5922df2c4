"""The time machine: what a change would have done to the mail of the last days."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Path, Router, Schema, Status

from lazaretto.store import backtests, tenancy
from lazaretto.store.rows.models import Backtest
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.changing import changed_document
from lazaretto.tenants.document import export_document
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.problems import PROBLEMS

router = Router()
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]
_TRY = Needs(Area.TRACE, Right.VIEW_STATISTICS)


class BacktestWanted(Schema):
    """A change, and how far back it is tried."""

    change: str = Field(
        max_length=16_000_000,
        description="YAML: some settings that shall be different, or a whole document. `add` and `remove` "
        "below the name of a list change it entry by entry.",
    )
    days: int = Field(30, ge=1, le=30)


class BacktestRun(Schema):
    """A run of the time machine; it goes on by itself."""

    id: UUID
    days: int
    done: int = Field(description="Days that were looked at.")
    finished: bool
    problem: str = Field(description="Empty, or why it ended without an outcome.")
    started_at: datetime
    outcome: dict[str, Any] = Field(description="Messages, copies by what they would have become, examples.")


@router.post(
    "/tenants/{tenant}/backtests",
    auth=_TRY,
    response={202: BacktestRun, **PROBLEMS},
    summary="Try a change on past mail",
)
def begin(request: HttpRequest, tenant: Name, body: BacktestWanted) -> Any:
    """Begin a run and answer at once; the same question within minutes is answered by the same run."""
    scope = _scope(request)
    in_force = tenancy.in_force(scope)
    document = changed_document(in_force.text, body.change, "change")
    return Status(202, _shown(backtests.begin(scope, export_document(document), days=body.days)))


@router.get(
    "/tenants/{tenant}/backtests/{id}",
    auth=_TRY,
    response={200: BacktestRun, **PROBLEMS},
    summary="Read how far a run is",
)
def read_run(request: HttpRequest, tenant: Name, id: UUID) -> Any:  # noqa: A002 - the path's own word
    """Return the progress, and the outcome so far."""
    return _shown(backtests.backtest(_scope(request), id))


def _scope(request: HttpRequest) -> Scope:
    scope: Scope = request.auth  # type: ignore[attr-defined]
    return scope


def _shown(run: Backtest) -> BacktestRun:
    lost = "the process that ran it is gone; begin again" if backtests.is_lost(run) else ""
    return BacktestRun(
        id=run.id,
        days=run.days,
        done=run.done,
        finished=run.finished or bool(lost),
        problem=run.problem or lost,
        started_at=run.started_at,
        outcome=run.outcome,
    )

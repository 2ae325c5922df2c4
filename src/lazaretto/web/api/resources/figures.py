"""Figures: how many messages there were, and what became of them."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema

from lazaretto.store import figures
from lazaretto.store.figures import Period
from lazaretto.store.scope import Area, Right
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.problems import PROBLEMS

router = Router()
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]


class StepShown(Schema):
    """One hour, day or month."""

    since: datetime
    counts: dict[str, int]


class FiguresShown(Schema):
    """Messages by what was found in them and what became of them."""

    since: datetime
    until: datetime
    totals: dict[str, int]
    steps: list[StepShown]


@router.get(
    "/tenants/{tenant}/figures",
    auth=Needs(Area.TRACE, Right.VIEW_STATISTICS),
    response={200: FiguresShown, **PROBLEMS},
    summary="Count messages",
)
def read_figures(
    request: HttpRequest,
    tenant: Name,
    period: Period = Period.DAY,
    domain: Annotated[str, Query(max_length=255, pattern=r"^[^\x00]*$")] = "",
    direction: Literal["", "inbound", "outbound", "internal"] = "",
) -> Any:
    """Return the numbers of whole hours, the one that runs included; each equals what a search finds.

    Without a direction, mail that came in and went out; notices that we composed are ``internal``.
    """
    found = figures.figures(request.auth, period, domain=domain.lower(), direction=direction)  # type: ignore[attr-defined]
    return FiguresShown(
        since=found.since,
        until=found.until,
        totals=_shown(found.totals),
        steps=[StepShown(since=step.since, counts=_shown(step.counts)) for step in found.steps],
    )


def _shown(counts: dict[figures.Figure, int]) -> dict[str, int]:
    return {figure.value: count for figure, count in counts.items()}

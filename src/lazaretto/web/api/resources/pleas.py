"""Refused senders who ask to be let in."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Path, Router, Schema

from lazaretto.journal.pleas import Decision, Plea
from lazaretto.store import refused
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.pages import Limit
from lazaretto.web.api.problems import PROBLEMS

router = Router()
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]
Number = Annotated[int, Path(ge=1, le=9_007_199_254_740_991, description="The request's number.")]


class PleaShown(Schema):
    """A refused sender asks for the next message to be accepted."""

    id: int
    reference: str
    message: UUID
    sender: str
    asked_at: datetime
    times: int
    decision: str | None
    decided_by: str
    decided_at: datetime | None
    proposal: int | None = Field(description="The proposal to let it in that waits for a second person.")


class Decided(Schema):
    """What is decided."""

    decision: Decision


@router.get(
    "/tenants/{tenant}/pleas",
    auth=Needs(Area.LISTS, Right.VIEW_CONFIGURATION),
    response={200: list[PleaShown], **PROBLEMS},
    summary="List what refused senders ask",
)
def list_pleas(request: HttpRequest, tenant: Name, limit: Limit = 100) -> Any:
    """Return what was asked, what waits for a decision first."""
    return [_shown(each) for each in refused.pleas(_scope(request), limit=limit)]


@router.post(
    "/tenants/{tenant}/pleas/{number}/decision",
    auth=Needs(Area.LISTS, Right.EDIT),
    response={200: PleaShown, **PROBLEMS},
    summary="Let a refused sender in, or not",
)
def decide(request: HttpRequest, tenant: Name, number: Number, body: Decided) -> Any:
    """Granted: the sender is approved for a week, and then has to be approved by itself.

    Where changes need a second person this is proposed, and whoever decides about `proposal` decides.
    """
    return _shown(refused.decide(_scope(request), number, body.decision))


def _scope(request: HttpRequest) -> Scope:
    scope: Scope = request.auth  # type: ignore[attr-defined]
    return scope


def _shown(plea: Plea) -> PleaShown:
    return PleaShown(
        id=plea.id,
        reference=plea.reference,
        message=plea.message,
        sender=plea.sender,
        asked_at=plea.asked_at,
        times=plea.times,
        decision=plea.decision,
        decided_by=plea.decided_by,
        decided_at=plea.decided_at,
        proposal=plea.proposal,
    )

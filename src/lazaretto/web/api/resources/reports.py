"""What people said of messages: missed spam, wanted mail that was stopped, and the answers."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Router, Schema, Status

from lazaretto.intelligence.report_cases import ReportCase
from lazaretto.store import cases
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.pages import Limit
from lazaretto.web.api.problems import PROBLEMS

router = Router()
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]


class Reported(Schema):
    """What is said of a message."""

    message: UUID
    is_spam: bool


class CaseShown(Schema):
    """A report and its answer."""

    id: UUID
    about: str
    is_spam: bool
    reporter: str
    way: str
    state: str
    opened_at: datetime
    answered_at: datetime | None
    verdict: str
    score: float
    findings: list[str]
    effect: str


@router.get(
    "/tenants/{tenant}/reports",
    auth=Needs(Area.TRACE, Right.VIEW_STATISTICS),
    response={200: list[CaseShown], **PROBLEMS},
    summary="List reports and their answers",
)
def list_reports(request: HttpRequest, tenant: Name, limit: Limit = 100) -> Any:
    """Return what was reported, newest first."""
    return [_shown(each) for each in cases.cases(_scope(request), limit=limit)]


@router.post(
    "/tenants/{tenant}/reports",
    auth=Needs(Area.LISTS, Right.EDIT),
    response={201: CaseShown, **PROBLEMS},
    summary="Report a message",
)
def report(request: HttpRequest, tenant: Name, body: Reported) -> Any:
    """Say that a message is spam, or that it is wanted; it is looked at again where it is still kept."""
    return Status(201, _shown(cases.report(_scope(request), body.message, is_spam=body.is_spam)))


def _scope(request: HttpRequest) -> Scope:
    scope: Scope = request.auth  # type: ignore[attr-defined]
    return scope


def _shown(case: ReportCase) -> CaseShown:
    return CaseShown(
        id=case.id,
        about=case.about,
        is_spam=case.is_spam,
        reporter=case.reporter,
        way=case.way,
        state=case.state.value,
        opened_at=case.opened_at,
        answered_at=case.answered_at,
        verdict=case.verdict,
        score=case.score,
        findings=list(case.findings),
        effect=case.effect,
    )

"""What is on trial, and whether entries of lists are still needed."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal

from django.http import HttpRequest
from ninja import Field, Path, Query, Router, Schema

from lazaretto.store import trials
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.trials import OnTrial as OnTrialNamed
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.problems import PROBLEMS

router = Router()
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]
Days = Annotated[int, Query(ge=1, le=30, description="How far back.")]


class OnTrial(Schema):
    """Something that is recorded and never acts."""

    kind: str = Field(description="`rules`, `approved_senders`, `blocked_senders` or `thresholds`.")
    name: str
    since: datetime | None


class TrialsShown(Schema):
    """Everything on trial, and what it would have done."""

    tried: list[OnTrial]
    messages: int = Field(description="Copies that would have fared otherwise.")
    fates: dict[str, int] = Field(description="By what would have become of them.")


class TrialsChosen(Schema):
    """Which of what is on trial shall act; nothing named: all of it."""

    kind: Literal["", "rules", "approved_senders", "blocked_senders", "thresholds"] = ""
    name: str = Field("", max_length=400, description="As it is listed.")


class Promoted(Schema):
    """What came of promoting."""

    tenant: str
    version: int


class ListEntryShown(Schema):
    """An entry of a list, and whether it is still needed."""

    listed: str = Field(description="`approved` or `blocked`.")
    entry: str
    expires: str | None
    hits: int
    last_used: str | None
    blast_radius: int = Field(description="Messages that passed only thanks to it.")
    examples: list[str] = Field(description="Ids of some of these.")


CHOOSE_ALL = TrialsChosen(kind="", name="")


@router.get(
    "/tenants/{tenant}/trials",
    auth=Needs(Area.ANTISPAM, Right.VIEW_CONFIGURATION),
    response={200: TrialsShown, **PROBLEMS},
    summary="Read what is on trial",
)
def read_trials(request: HttpRequest, tenant: Name, days: Days = 14) -> Any:
    """Return what is on trial, and what it would have done."""
    found = trials.trials(_scope(request), days)
    tried = [OnTrial(kind=each.kind, name=each.name, since=each.since) for each in found.tried]
    return TrialsShown(tried=tried, messages=found.messages, fates=dict(found.fates))


@router.post(
    "/tenants/{tenant}/trials/promotion",
    auth=Needs(Area.ANTISPAM, Right.EDIT),
    response={200: Promoted, **PROBLEMS},
    summary="Put what is on trial in force",
)
def promote(request: HttpRequest, tenant: Name, body: TrialsChosen = CHOOSE_ALL) -> Any:
    """Publish the configuration in which what was on trial acts: all of it, or one thing alone."""
    only = OnTrialNamed(body.kind, body.name) if body.kind or body.name else None
    applied = trials.promote(_scope(request), only)
    return Promoted(tenant=applied.name, version=applied.version)


@router.get(
    "/tenants/{tenant}/lists/usage",
    auth=Needs(Area.LISTS, Right.VIEW_CONFIGURATION),
    response={200: list[ListEntryShown], **PROBLEMS},
    summary="Tell whether entries of lists are still needed",
)
def read_usage(request: HttpRequest, tenant: Name, days: Days = 30) -> Any:
    """Return each entry with hits, last use, end, and what passed only thanks to it."""
    return [
        ListEntryShown(listed=each.pop("list"), **each) for each in trials.list_usage(_scope(request), days)
    ]


def _scope(request: HttpRequest) -> Scope:
    scope: Scope = request.auth  # type: ignore[attr-defined]
    return scope

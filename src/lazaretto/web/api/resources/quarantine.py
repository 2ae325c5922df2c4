"""The quarantine."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Path, Query, Router, Schema

from lazaretto.core.findings import Verdict
from lazaretto.spool.quarantine import QuarantinedCopy, Resting
from lazaretto.store import quarantined
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.pages import Cursor, Limit, Page, cursor_of, parts_of
from lazaretto.web.api.problems import PROBLEMS

router = Router()
Part = Annotated[str, Query(max_length=250, pattern=r"^[^\x00]*$")]
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]


class CopyShown(Schema):
    """A copy at rest."""

    id: UUID
    message: UUID
    message_id: str | None
    sender: str
    recipients: list[str]
    subject: str | None
    """Null for those who may not see content."""
    reason: str
    verdict: str
    size: int
    received_at: datetime
    expires_at: datetime


class Copies(Schema):
    """Which copies are meant."""

    ids: list[UUID] = Field(min_length=1, max_length=500)


class Release(Copies):
    """Which copies are meant, and who gets them."""

    to: str = Field("recipients", max_length=320, pattern=r"^[^\x00]*$")
    """`recipients`, `first`, `predefined`, or an address of the tenant."""


class Left(Schema):
    """How copies left the quarantine, by their ids; those that are not there are missing."""

    outcomes: dict[str, str]


@router.get(
    "/tenants/{tenant}/quarantine",
    auth=Needs(Area.QUARANTINE, Right.VIEW_STATISTICS),
    response={200: Page[CopyShown], **PROBLEMS},
    summary="List what is in quarantine",
)
def list_copies(
    request: HttpRequest,
    tenant: Name,
    recipient: Annotated[str | None, Query(max_length=320, pattern=r"^[^\x00]*$")] = None,
    sender: Part = "",
    subject: Part = "",
    reason: Part = "",
    verdict: Verdict | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    oldest_first: bool = False,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Any:
    """Return copies at rest, newest first."""
    (after,) = parts_of(cursor, tuple[UUID]) if cursor else (None,)
    asked = Resting(
        sender=sender,
        subject=subject,
        reason=reason,
        verdict=verdict.value if verdict else "",
        since=since,
        until=until,
        oldest_first=oldest_first,
    )
    copies = quarantined.resting(
        _scope(request), recipient=recipient, asked=asked, after=after, limit=limit + 1
    )
    shown = [_shown(copy) for copy in copies[:limit]]
    return Page[CopyShown](items=shown, next=cursor_of(str(shown[-1].id)) if len(copies) > limit else None)


@router.post(
    "/tenants/{tenant}/quarantine/release",
    auth=Needs(Area.QUARANTINE, Right.RELEASE),
    response={200: Left, **PROBLEMS},
    summary="Release copies to their recipients",
)
def release(request: HttpRequest, tenant: Name, body: Release) -> Any:
    """Deliver the copies as they were received; releasing twice delivers once.

    Malware stays and is answered as `needs approval`: ask for its release.
    """
    return _left(quarantined.release(_scope(request), body.ids, to=body.to))


@router.post(
    "/tenants/{tenant}/quarantine/delete",
    auth=Needs(Area.QUARANTINE, Right.EDIT),
    response={200: Left, **PROBLEMS},
    summary="Delete copies for good",
)
def delete(request: HttpRequest, tenant: Name, body: Copies) -> Any:
    """Delete the copies; this cannot be undone."""
    return _left(quarantined.delete(_scope(request), body.ids))


def _scope(request: HttpRequest) -> Scope:
    scope: Scope = request.auth  # type: ignore[attr-defined]
    return scope


def _left(outcomes: dict[UUID, str]) -> Left:
    return Left(outcomes={str(identity): outcome for identity, outcome in outcomes.items()})


def _shown(copy: QuarantinedCopy) -> CopyShown:
    return CopyShown(
        id=copy.id,
        message=copy.message,
        message_id=copy.message_id or None,
        sender=copy.sender,
        recipients=list(copy.recipients),
        subject=copy.subject or None,
        reason=copy.reason,
        verdict=copy.verdict,
        size=copy.size,
        received_at=copy.received_at,
        expires_at=copy.expires_at,
    )

"""Track and trace: what became of messages."""

from __future__ import annotations

from datetime import datetime
from ipaddress import ip_address
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.findings import Verdict
from lazaretto.journal.trace import Place, TracedMessage
from lazaretto.store import traffic
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.store.traffic import Asked
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.pages import Cursor, Page, cursor_of, parts_of
from lazaretto.web.api.problems import PROBLEMS

router = Router()
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]
Text = Annotated[str | None, Query(max_length=998, pattern=r"^[^\x00]*$")]


class RecipientShown(Schema):
    """One recipient and what became of their copy."""

    address: str
    place: str | None
    disposition: str | None
    attempts: list[dict[str, Any]]


class MessageShown(Schema):
    """A message's story."""

    id: str
    message_id: str | None
    sender: str | None
    subject: str | None
    """Null for those who may not see content."""
    direction: str | None
    size: int | None
    verdict: str | None
    score: float | None
    reply: str | None
    """What the client was told."""
    received_at: datetime
    recipients: list[RecipientShown]
    findings: list[dict[str, Any]]
    events: list[dict[str, Any]]


@router.get(
    "/tenants/{tenant}/messages",
    auth=Needs(Area.TRACE, Right.VIEW_STATISTICS),
    response={200: Page[MessageShown], **PROBLEMS},
    summary="Find messages",
)
def find_messages(
    request: HttpRequest,
    tenant: Name,
    message_id: Text = None,
    recipient: Text = None,
    sender: Text = None,
    subject: Text = None,
    client_ip: Annotated[str | None, Query(description="An IPv4 or IPv6 address.", max_length=45)] = None,
    verdict: Verdict | None = None,
    direction: Literal["inbound", "outbound"] | None = None,
    since: datetime | None = None,
    until: datetime | None = None,
    cursor: Cursor = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Any:
    """Return the stories of messages of which everything that is given holds, newest first."""
    scope: Scope = request.auth  # type: ignore[attr-defined]
    asked = Asked(
        message_id=message_id,
        recipient=recipient,
        sender=sender,
        subject=subject,
        client_ip=_checked_ip(client_ip),
        verdict=verdict.value if verdict else None,
        direction=direction,
        since=since,
        until=until,
    )
    found = traffic.messages(scope, asked, after=_place(cursor), limit=limit + 1)
    shown = [_shown(each) for each in found[:limit]]
    last = found[limit - 1] if len(found) > limit else None
    return Page[MessageShown](
        items=shown, next=cursor_of(last.received_at.isoformat(), last.id) if last else None
    )


@router.get(
    "/tenants/{tenant}/messages/{id}",
    auth=Needs(Area.TRACE, Right.VIEW_STATISTICS),
    response={200: MessageShown, **PROBLEMS},
    summary="Read one message's story",
)
def read_message(request: HttpRequest, tenant: Name, id: UUID) -> Any:  # noqa: A002 - the path's own word
    """Return what happened to the message that our `250` called so."""
    return _shown(traffic.message(request.auth, id))  # type: ignore[attr-defined]


def _place(cursor: str) -> Place | None:
    if not cursor:
        return None
    at, identity = parts_of(cursor, tuple[datetime, UUID])
    return Place(at, identity)


def _checked_ip(text: str | None) -> str | None:
    if text is None:
        return None
    try:
        return str(ip_address(text))
    except ValueError as failure:
        raise ConfigurationError(f"{text!r} is no IP address") from failure


def _shown(message: TracedMessage) -> MessageShown:
    return MessageShown.model_validate(message.as_json())

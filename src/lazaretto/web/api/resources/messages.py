"""Track and trace: what became of messages."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any, Literal
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Path, Query, Router, Schema

from lazaretto.core import places as core_places
from lazaretto.core.findings import Verdict
from lazaretto.journal.search import Place
from lazaretto.journal.trace import TracedMessage
from lazaretto.store import explaining, traffic
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.store.traffic import Asked, checked_network
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.pages import NO_NUL, Cursor, Page, cursor_of, parts_of
from lazaretto.web.api.problems import PROBLEMS

router = Router()
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]
Text = Annotated[str | None, Field(max_length=998, pattern=NO_NUL)]
Short = Annotated[str | None, Field(max_length=255, pattern=NO_NUL)]


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


class WhyShown(Schema):
    """One look at a message, explained."""

    words: list[str]
    details: dict[str, Any]
    """What was found and decided, as the trace has it."""


class Known(Schema):
    """What is known of the messages that are looked for."""

    message_id: Text = None
    recipient: Text = Field(None, description="An address or a domain.")
    sender: Text = Field(None, description="Of the envelope: an address or a domain.")
    author: Text = Field(None, description="Of the From field: an address or a domain.")
    subject: Text = None
    client_ip: str | None = Field(None, description="An IPv4 or IPv6 address, or a network.", max_length=49)
    client_name: Text = None
    attachment: Short = Field(None, description="A file's whole name, or its ending: `.pdf`.")
    sha256: str | None = Field(None, pattern=r"^[0-9A-Fa-f]{64}$")
    host: Text = Field(None, description="Of a web address; a whole address means its host.")
    verdict: Verdict | None = None
    scanned: bool | None = None
    symbol: Text = None
    policy: Short = Field(None, description="A rule or setting that took part in the decision.")
    direction: Literal["inbound", "outbound", "internal", "mail"] | None = None
    place: core_places.Place | None = None
    disposition: Literal["deliver", "redirect", "quarantine", "delete", "reject"] | None = None
    remote: Short = Field(None, description="The host that took or refused a copy.")
    domain: Short = Field(None, description="One of the tenant's domains.")
    since: datetime | None = None
    until: datetime | None = None

    def asked(self) -> Asked:
        """Return it as the trace asks."""
        values = self.model_dump(mode="python")
        values |= {name: values[name].value for name in ("verdict", "place") if values[name] is not None}
        return Asked(**values | {"client_ip": checked_network(self.client_ip)})


@router.get(
    "/tenants/{tenant}/messages",
    auth=Needs(Area.TRACE, Right.VIEW_STATISTICS),
    response={200: Page[MessageShown], **PROBLEMS},
    summary="Find messages",
)
def find_messages(
    request: HttpRequest,
    tenant: Name,
    known: Query[Known],
    oldest_first: bool = False,
    cursor: Cursor = "",
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
) -> Any:
    """Return the stories of messages of which everything that is given holds, newest first."""
    scope: Scope = request.auth  # type: ignore[attr-defined]
    asked = known.asked()
    found = traffic.messages(scope, asked, after=_place(cursor), limit=limit + 1, oldest_first=oldest_first)
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


@router.get(
    "/tenants/{tenant}/messages/{id}/explanation",
    auth=Needs(Area.TRACE, Right.VIEW_STATISTICS),
    response={200: list[WhyShown], **PROBLEMS},
    summary="Explain what became of a message",
)
def explain_message(
    request: HttpRequest,
    tenant: Name,
    id: UUID,  # noqa: A002 - the path's own word
    language: Literal["en", "fr", "nl", "de"] = "en",
) -> Any:
    """Return why it fared as it did, in words, with what would have led elsewhere; one entry per look."""
    found = explaining.explain(request.auth, id, language)  # type: ignore[attr-defined]
    return [WhyShown(words=list(each.words), details=dict(each.details)) for each in found]


def _place(cursor: str) -> Place | None:
    if not cursor:
        return None
    at, identity = parts_of(cursor, tuple[datetime, UUID])
    return Place(at, identity)


def _shown(message: TracedMessage) -> MessageShown:
    return MessageShown.model_validate(message.as_json())

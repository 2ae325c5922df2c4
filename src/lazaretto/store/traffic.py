"""Track and trace, and the feed of events, for people: a tenant's own, and within it what they may see."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from lazaretto.core.address import domain_of
from lazaretto.core.errors import ScopeError
from lazaretto.core.events import EventKind
from lazaretto.core.identity import MessageId
from lazaretto.journal.feeding import FedEvent
from lazaretto.journal.trace import Place, Reach, Search, TracedMessage
from lazaretto.store.mailpath import mail_path
from lazaretto.store.scope import Area, Right, Scope

_CONTENT: Final = frozenset(
    {
        "attachments",
        "evidence",
        "features",
        "fileNameOrURL",
        "filesAndLinks",
        "header",
        "names",
        "raw_header",
        "subject",
        "text",
        "urls",
    }
)
"""Keys of events and findings that repeat what a message says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What people know of the messages that they look for."""

    message_id: str | None = None
    recipient: str | None = None
    sender: str | None = None
    subject: str | None = None
    client_ip: str | None = None
    verdict: str | None = None
    direction: str | None = None
    since: datetime | None = None
    until: datetime | None = None


def messages(
    scope: Scope, asked: Asked, *, after: Place | None = None, limit: int = 50
) -> list[TracedMessage]:
    """Return the stories that ``asked`` means, newest first, beginning after the place ``after``."""
    scope.demand(Area.TRACE, Right.VIEW_STATISTICS)
    if asked.subject is not None:
        scope.demand(Area.TRACE, Right.VIEW_CONTENT)
    search = Search(
        tenant=scope.of_tenant,
        reach=_reach(scope),
        message_id=asked.message_id,
        recipient=asked.recipient,
        sender=asked.sender,
        subject=asked.subject,
        client_ip=asked.client_ip,
        verdict=asked.verdict,
        direction=asked.direction,
        since=asked.since,
        until=asked.until,
        after=after,
        limit=limit,
    )
    return [_shown(scope, found) for found in _found(search)]


def message(scope: Scope, identity: UUID) -> TracedMessage:
    """Return the story of one message.  Raises ``ScopeError`` when it is not there for the scope."""
    scope.demand(Area.TRACE, Right.VIEW_STATISTICS)
    search = Search(
        tenant=scope.of_tenant,
        reach=_reach(scope),
        id=MessageId(identity),
        limit=1,
    )
    for found in _found(search):
        return _shown(scope, found)
    raise ScopeError("there is no such message")


def events(
    scope: Scope, after: int, *, kinds: Sequence[EventKind] = (), limit: int = 1_000
) -> Sequence[FedEvent]:
    """Return the tenant's events that reached the trace after place ``after``."""
    scope.demand(Area.FEEDS, Right.VIEW_STATISTICS)
    scope.demand_all_domains()
    path = mail_path()
    found = path.wait(path.feed.read(scope.of_tenant, after, kinds=kinds, limit=limit))
    if scope.allows(Area.TRACE, Right.VIEW_CONTENT):
        return found
    return [replace(event, details=without_content(event.details)) for event in found]


def without_content(value: Any) -> Any:
    """Return JSON values without what they repeat of a message's content."""
    if isinstance(value, dict):
        return {key: without_content(each) for key, each in value.items() if key not in _CONTENT}
    if isinstance(value, list | tuple):
        return [without_content(each) for each in value]
    return value


def _reach(scope: Scope) -> Reach | None:
    domains = scope.domains
    return None if domains.is_all else Reach(domains=domains.named, all_except=domains.all_except)


def _found(search: Search) -> list[TracedMessage]:
    path = mail_path()
    return path.wait(path.trace.find(search))


def _shown(scope: Scope, found: TracedMessage) -> TracedMessage:
    if not scope.domains.is_all and found.direction != "outbound":
        found = _within(scope, found)
    if scope.allows(Area.TRACE, Right.VIEW_CONTENT):
        return found
    return replace(
        found,
        subject=None,
        findings=tuple(without_content(each) for each in found.findings),
        events=tuple(without_content(each) for each in found.events),
    )


def _within(scope: Scope, found: TracedMessage) -> TracedMessage:
    """Return ``found`` without recipients that the scope does not reach."""

    def reached(addresses: Iterable[str]) -> list[str]:
        return [address for address in addresses if scope.domains.reach(domain_of(address))]

    return replace(
        found,
        recipients=tuple(each for each in found.recipients if scope.domains.reach(domain_of(each.address))),
        events=tuple(
            {**event, "recipients": reached(event["recipients"])}
            for event in found.events
            if not event["recipients"] or reached(event["recipients"])
        ),
    )

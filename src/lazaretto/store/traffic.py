"""Track and trace, and the feed of events, for people: a tenant's own, and within it what they may see."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime
from ipaddress import ip_network
from typing import Any
from uuid import UUID

from lazaretto.core.address import domain_of
from lazaretto.core.cards import Option
from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.core.events import EventKind
from lazaretto.core.identity import MessageId
from lazaretto.core.malware_event import brief_of
from lazaretto.journal.feeding import FedEvent
from lazaretto.journal.search import Place, Reach, Search
from lazaretto.journal.trace import TracedMessage
from lazaretto.store.mailpath import mail_path
from lazaretto.store.metadata import metadata_of
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.store.snapshots import snapshot_in_force


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What people know of the messages that they look for; each is explained at ``Search``."""

    message_id: str | None = None
    recipient: str | None = None
    sender: str | None = None
    author: str | None = None
    subject: str | None = None
    client_ip: str | None = None
    client_name: str | None = None
    attachment: str | None = None
    sha256: str | None = None
    host: str | None = None
    verdict: str | None = None
    scanned: bool | None = None
    symbol: str | None = None
    policy: str | None = None
    direction: str | None = None
    place: str | None = None
    disposition: str | None = None
    remote: str | None = None
    domain: str | None = None
    since: datetime | None = None
    until: datetime | None = None

    @property
    def is_about_content(self) -> bool:
        """Tell whether the answer would say what a message says."""
        return any(each is not None for each in (self.subject, self.attachment, self.sha256, self.host))


def messages(
    scope: Scope, asked: Asked, *, after: Place | None = None, limit: int = 50, oldest_first: bool = False
) -> list[TracedMessage]:
    """Return the stories that ``asked`` means, in the order of receipt, beginning after ``after``."""
    scope.demand(Area.TRACE, Right.VIEW_STATISTICS)
    if asked.is_about_content:
        scope.demand(Area.TRACE, Right.VIEW_CONTENT)
    search = Search(
        tenant=scope.of_tenant,
        reach=_reach(scope),
        after=after,
        limit=limit,
        oldest_first=oldest_first,
        **{each.name: getattr(asked, each.name) for each in fields(asked)},
    )
    found = _found(search)
    is_brief = _is_brief(scope, found)
    return [_shown(scope, each, is_brief=is_brief) for each in found]


def message(scope: Scope, identity: UUID) -> TracedMessage:
    """Return the story of one message.  Raises ``ScopeError`` when it is not there for the scope."""
    return message_and_whole(scope, identity)[0]


def message_and_whole(scope: Scope, identity: UUID) -> tuple[TracedMessage, TracedMessage]:
    """Return a story as the scope may see it, and all of it, for those who judge it again.

    Raises ``ScopeError`` when it is not there for the scope.
    """
    scope.demand(Area.TRACE, Right.VIEW_STATISTICS)
    search = Search(
        tenant=scope.of_tenant,
        reach=_reach(scope),
        id=MessageId(identity),
        limit=1,
    )
    for found in _found(search):
        return _shown(scope, found, is_brief=_is_brief(scope, (found,))), found
    raise ScopeError("there is no such message")


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """What is known of a sender from the last messages."""

    verdicts: dict[str, int]
    """How many were found to be what, the most frequent first."""
    first_at: datetime | None
    """When the first of them was received."""


def of_sender(scope: Scope, sender: str) -> History:
    """Return what the last hundred messages under a reverse path were, within the scope."""
    scope.demand(Area.TRACE, Right.VIEW_STATISTICS)
    path = mail_path()
    search = Search(tenant=scope.of_tenant, reach=_reach(scope), sender=sender, limit=100)
    found = path.wait(path.trace.rows(search))
    counted = Counter(each.verdict for each in found if each.verdict)
    return History(
        verdicts=dict(counted.most_common()),
        first_at=min((each.received_at for each in found), default=None),
    )


def version_in_force(scope: Scope) -> int:
    """Return which version of the tenant's configuration applies at this moment."""
    path = mail_path()
    return path.wait(path.tenants.version_in_force(scope.tenant_name)) or 0


def reached_copies(scope: Scope, copies: Iterable[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Return copies of a look, without recipients that the scope does not reach."""
    kept = [
        {**each, "recipients": [one for one in each.get("recipients", ()) if _is_reached(scope, one)]}
        for each in copies
    ]
    return [each for each in kept if each["recipients"]]


def events(
    scope: Scope, after: int, *, kinds: Sequence[EventKind] = (), limit: int = 1_000
) -> Sequence[FedEvent]:
    """Return the tenant's events that reached the trace after place ``after``.

    Detailed events of malware are part of an option: without it they are not there.
    """
    scope.demand(Area.FEEDS, Right.VIEW_STATISTICS)
    scope.demand_all_domains()
    path = mail_path()
    if not _has_details(scope):
        kinds = [kind for kind in kinds or EventKind if kind is not EventKind.CONVICTED]
        if not kinds:
            return []
    found = path.wait(path.feed.read(scope.of_tenant, after, kinds=kinds, limit=limit))
    if scope.allows(Area.TRACE, Right.VIEW_CONTENT):
        return found
    return [replace(event, details=metadata_of(event.details)) for event in found]


def checked_network(text: str | None) -> str | None:
    """Return an address or network as the trace knows it.  Raises ``ConfigurationError`` when it is none."""
    if not text:
        return None
    try:
        return str(ip_network(text.strip(), strict=False))
    except ValueError as failure:
        raise ConfigurationError(f"{text!r} is neither an IP address nor a network") from failure


def _reach(scope: Scope) -> Reach | None:
    domains = scope.domains
    return None if domains.is_all else Reach(domains=domains.named, all_except=domains.all_except)


def _found(search: Search) -> list[TracedMessage]:
    path = mail_path()
    return path.wait(path.trace.find(search))


def _is_brief(scope: Scope, found: Sequence[TracedMessage]) -> bool:
    """Tell whether details are left out of ``found``; the configuration is asked once at most."""
    return any(map(_is_detailed, (event for each in found for event in each.events))) and not _has_details(
        scope
    )


def _shown(scope: Scope, found: TracedMessage, *, is_brief: bool) -> TracedMessage:
    if not scope.domains.is_all and found.direction != "outbound":
        found = _within(scope, found)
    if is_brief:
        found = replace(found, events=tuple(map(_without_details, found.events)))
    if scope.allows(Area.TRACE, Right.VIEW_CONTENT):
        return found
    return replace(
        found,
        subject=None,
        findings=tuple(metadata_of(each) for each in found.findings),
        events=tuple(metadata_of(each) for each in found.events),
    )


def _has_details(scope: Scope) -> bool:
    return Option.ADVANCED_THREATS in snapshot_in_force(scope).ordered


def _is_detailed(event: Mapping[str, Any]) -> bool:
    return bool(event["event"] == EventKind.CONVICTED.value)


def _without_details(event: dict[str, Any]) -> dict[str, Any]:
    if not _is_detailed(event):
        return event
    return {name: event[name] for name in ("time", "event", "recipients")} | brief_of(event)


def _within(scope: Scope, found: TracedMessage) -> TracedMessage:
    """Return ``found`` without recipients that the scope does not reach."""

    def reached(addresses: Iterable[str]) -> list[str]:
        return [address for address in addresses if _is_reached(scope, address)]

    return replace(
        found,
        recipients=tuple(each for each in found.recipients if scope.domains.reach(domain_of(each.address))),
        events=tuple(
            {**_of_reached(scope, event), "recipients": reached(event["recipients"])}
            for event in found.events
            if not event["recipients"] or reached(event["recipients"])
        ),
    )


def _of_reached(scope: Scope, event: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return an event whose copies are for recipients that the scope reaches."""
    if "copies" not in event:
        return event
    return {**event, "copies": reached_copies(scope, event["copies"])}


def _is_reached(scope: Scope, address: str) -> bool:
    return scope.domains.reach(domain_of(address))

"""What people know of the messages that they look for, and how the trace's queries are asked for it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

from lazaretto.core.address import fold
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.journal.terms import Term

MOST: Final = 1_000
MAIL: Final = "mail"
"""A direction: what people sent, in or out; all but the notices that we composed."""
OF_MAIL: Final = ("inbound", "outbound")
_TICK: Final = timedelta(microseconds=1)
_WINDOWS: Final = (1, 3, 12, 48, 192)
"""Hours."""
_OLDEST: Final = timedelta(days=31)
"""Before that the trace of most platforms knows little or nothing."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a list of stories was left off: behind the message ``id`` of ``received_at``."""

    received_at: datetime
    id: UUID


@dataclass(frozen=True, slots=True, kw_only=True)
class Reach:
    """Which domains a search sees messages of."""

    domains: frozenset[str]
    all_except: bool
    """``domains`` are those left out; False = they are the only ones."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Search:
    """What people know of a message; every part that is given must hold.

    ``recipient``, ``place``, ``disposition`` and ``remote`` must hold of one and the same recipient.
    """

    tenant: TenantId | None = None
    """Whose messages; None = everybody's, for operators."""
    id: MessageId | None = None
    """As in our ``250 2.0.0 Queued as``."""
    message_id: str | None = None
    """The Message-ID field, with its brackets or without."""
    recipient: str | None = None
    """An address, or a domain."""
    sender: str | None = None
    """The reverse path: an address, or a domain."""
    author: str | None = None
    """Of the From field: an address, or a domain with all below it."""
    subject: str | None = None
    """A part of it, in any case."""
    client_ip: str | None = None
    """An address or a network."""
    client_name: str | None = None
    """The client's name in the DNS, or a domain above it."""
    attachment: str | None = None
    """A file's whole name in any case, or its ending with the dot."""
    sha256: str | None = None
    """Of a file, in hexadecimal digits."""
    host: str | None = None
    """Of a web address, or a domain above it; of a whole address its host counts."""
    verdict: str | None = None
    scanned: bool | None = None
    """Whether it was looked at at all."""
    symbol: str | None = None
    """What was found in it."""
    policy: str | None = None
    """A rule or a setting that took part in the decision."""
    direction: str | None = None
    """``inbound``, ``outbound``, ``internal`` or ``mail``."""
    place: str | None = None
    disposition: str | None = None
    remote: str | None = None
    """The host that took a copy, or refused it."""
    since: datetime | None = None
    until: datetime | None = None
    reach: Reach | None = None
    """Only messages from or to a domain of these; None = of all domains."""
    domain: str | None = None
    """One of the tenant's domains."""
    goes_out: bool | None = None
    """Only mail that goes out, or only other; what ``ways`` sets."""
    after: Place | None = None
    oldest_first: bool = False
    limit: int = 50

    @property
    def is_about_copies(self) -> bool:
        """Tell whether anything is asked of the recipients' copies."""
        return any(each is not None for each in (self.recipient, self.place, self.disposition, self.remote))

    @property
    def is_sparse(self) -> bool:
        """Tell whether few messages may be what is meant, spread over all the time that is kept."""
        return self.subject is not None or bool(self._terms())

    def windows(self, now: datetime) -> Iterator[Search]:
        """Yield the search for one window of time after the other, in its order; all of them are all of it.

        What many messages match is found in the first; what few do is found by an index in any.  Each
        window is thrice as long as those before it together, so that there are few.
        """
        if not (self.is_sparse or self.is_about_copies):
            yield self
        elif self.oldest_first:
            yield from self._forwards(now)
        else:
            yield from self._backwards(now)

    def _backwards(self, now: datetime) -> Iterator[Search]:
        ends = [self.until, None if self.after is None else self.after.received_at + _TICK]
        until = min((end for end in ends if end is not None), default=None)
        start = now if until is None else min(now, until)
        for hours in _WINDOWS:
            start -= timedelta(hours=hours)
            if self.since is not None and start <= self.since:
                break
            yield replace(self, since=start, until=until)
            until = start
        yield replace(self, until=until)

    def _forwards(self, now: datetime) -> Iterator[Search]:
        starts = [self.since, None if self.after is None else self.after.received_at]
        since = max((start for start in starts if start is not None), default=None)
        end = since or now - _OLDEST
        for hours in _WINDOWS:
            end += timedelta(hours=hours)
            if self.until is not None and end >= self.until:
                break
            yield replace(self, since=since, until=end)
            since = end
        yield replace(self, since=since)

    def ways(self) -> Iterator[Search]:
        """Yield the searches that find what this one does together, each by an index of its own.

        Which domain a copy is of says its recipient, and its sender where it goes out.
        """
        reach = self._within_domain()
        if not self.is_about_copies or reach is None or reach.all_except:
            yield self
            return
        if self.direction != "outbound":
            yield replace(self, goes_out=False)
        if self.direction in (None, MAIL, "outbound"):
            yield replace(self, goes_out=True)

    def parameters(self) -> dict[str, Any]:
        """Return what the queries are given."""
        reach = self._within_domain()
        return {
            "tenant": self.tenant,
            "id": self.id,
            "message_ids": _spellings(self.message_id),
            **_address("recipient", self.recipient),
            **_address("sender", self.sender),
            "subject": None if self.subject is None else f"%{_escaped(self.subject)}%",
            "client_ip": self.client_ip,
            "verdict": self.verdict,
            "scanned": self.scanned,
            "directions": _directions(self.direction),
            "terms": self._terms() or None,
            "place": self.place,
            "disposition": self.disposition,
            "remote": self.remote,
            "domains": None if reach is None else sorted(reach.domains),
            "all_except": reach is not None and reach.all_except,
            "from_domains": sorted(reach.domains) if reach and self.goes_out is True else None,
            "to_domains": sorted(reach.domains) if reach and self.goes_out is False else None,
            "not_domains": sorted(reach.domains) if reach and reach.all_except else None,
            "after_time": None if self.after is None else self.after.received_at,
            "after_id": None if self.after is None else self.after.id,
            "oldest_first": self.oldest_first,
            "since": self.since,
            "until": self.until,
            "wanted": min(self.limit, MOST),
        }

    def _within_domain(self) -> Reach | None:
        """Return the reach, narrowed to the domain that is asked for."""
        if self.domain is None:
            return self.reach
        domain = self.domain.lower()
        is_reached = self.reach is None or (domain in self.reach.domains) is not self.reach.all_except
        return Reach(domains=frozenset({domain} if is_reached else ()), all_except=False)

    def _terms(self) -> list[str]:
        known = (
            (Term.DOMAIN, self.domain),
            (Term.AUTHOR, None if self.author is None else fold(self.author).removeprefix("@")),
            (Term.POINTER, self.client_name),
            (Term.ATTACHMENT, self.attachment and self.attachment.strip().removeprefix("*")),
            (Term.DIGEST, self.sha256),
            (Term.HOST, None if self.host is None else _host_of(self.host)),
            (Term.SYMBOL, self.symbol),
            (Term.POLICY, self.policy),
        )
        return [term.of(value.strip()) for term, value in known if value is not None]


def _address(name: str, given: str | None) -> dict[str, str | None]:
    """Return the parameters for an address, or for a domain where there is nothing before an at sign."""
    if given is None:
        return {name: None, f"{name}_domain": None}
    local, _, domain = given.strip().rpartition("@")
    if local or not domain:
        return {name: fold(given.strip()), f"{name}_domain": None}
    return {name: None, f"{name}_domain": domain.lower()}


def _directions(asked: str | None) -> list[str] | None:
    if asked is None:
        return None
    return list(OF_MAIL) if asked == MAIL else [asked]


def _host_of(address: str) -> str:
    """Return the host of a web address, or of what is typed as one, with or without defanging."""
    rest = address.strip().lower().replace("[.]", ".").rpartition("://")[2]
    return rest.partition("/")[0].rpartition("@")[2].partition(":")[0].partition("?")[0].rstrip(".")


def _spellings(message_id: str | None) -> list[str] | None:
    if message_id is None:
        return None
    bare = message_id.strip().removeprefix("<").removesuffix(">")
    return [f"<{bare}>", bare]


def _escaped(part: str) -> str:
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")

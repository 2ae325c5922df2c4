"""Where tenants have their events sent: to a web hook of theirs, or to their log server.

An outlet is a place in the tenant's feed.  What was taken by the other side moves it on; what was not
is sent again, later and later, for three days, and then the outlet is switched off and says why.  So
every event arrives at least once and in order.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final, LiteralString
from urllib.parse import urlsplit
from uuid import UUID, uuid4

from psycopg.rows import class_row

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.events import EventKind
from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query

MOST: Final = 20
"""Outlets of one tenant."""
FIRST_PAUSE: Final = timedelta(seconds=10)
LONGEST_PAUSE: Final = timedelta(hours=1)
GIVE_UP_AFTER: Final = timedelta(days=3)
LEASE: Final = timedelta(minutes=5)
"""For how long one process has an outlet to itself."""
_PACKAGE: Final = "lazaretto.journal"
_SCHEMES: Final = {"https": 443, "syslog+tls": 6514}


class Format(Enum):
    """How events are written."""

    JSON = "json"
    """A JSON object with a list of events, signed, for web hooks; or one object in each log message."""
    CEF = "cef"
    """ArcSight's Common Event Format, in log messages."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlet:
    """One of a tenant's places to send events to."""

    id: UUID
    tenant: int
    name: str
    target: str
    """``https://host/path``, or ``syslog+tls://host:port`` (RFC 5425)."""
    format: str
    kinds: list[str]
    """Kinds of events; empty = all."""
    generation: int
    """Of its secret."""
    created_by: str
    created_at: datetime
    place: int
    """Up to where of the feed everything was taken."""
    is_active: bool
    failures: int
    """In a row."""
    failing_since: datetime | None
    next_at: datetime
    problem: str
    """What the other side, or the way to it, said last; empty = all is well."""
    sent_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """An outlet as somebody wants it, checked."""

    name: str
    target: str
    format: Format = Format.JSON
    kinds: tuple[EventKind, ...] = ()

    def __post_init__(self) -> None:
        """Raise ``ConfigurationError`` for what cannot be."""
        if not self.name.strip() or not self.name.isprintable() or len(self.name) > 100:
            raise ConfigurationError("an outlet needs a name of at most 100 printable characters")
        _check_target(self.target)
        if self.format is Format.CEF and self.target.startswith("https:"):
            raise ConfigurationError("CEF goes to log servers (syslog+tls://…); web hooks get JSON")


class OutletStore:
    """The outlets in database ``control``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(self, tenant: TenantId, wanted: Wanted, place: int, by: str, now: datetime) -> Outlet:
        """Make an outlet that begins behind ``place`` of the feed.  Raises ``ConfigurationError``."""
        outlets = await self.list(tenant)
        if len(outlets) >= MOST:
            raise ConfigurationError(f"a tenant has at most {MOST} outlets; remove one first")
        if any(outlet.name == wanted.name for outlet in outlets):
            raise ConfigurationError(f"there is an outlet {wanted.name!r} already")
        parameters = {
            "id": uuid4(),
            "tenant": tenant,
            "name": wanted.name,
            "target": wanted.target,
            "format": wanted.format.value,
            "kinds": [kind.value for kind in wanted.kinds],
            "by": by,
            "now": now,
            "place": place,
        }
        return (await self._changed("add_outlet", parameters))[0]

    async def list(self, tenant: TenantId) -> Sequence[Outlet]:
        """Return the outlets of ``tenant`` by name."""
        return await self._read("list_outlets", {"tenant": tenant})

    async def remove(self, tenant: TenantId, identity: UUID) -> bool:
        """Remove one; return whether it was there."""
        return bool(await self._changed("remove_outlet", {"tenant": tenant, "id": identity}))

    async def resume(self, tenant: TenantId, identity: UUID, now: datetime) -> Outlet | None:
        """Try one again at once, also one that was switched off; None = it is not there."""
        found = await self._changed("resume_outlet", {"tenant": tenant, "id": identity, "now": now})
        return found[0] if found else None

    async def renew_secret(self, tenant: TenantId, identity: UUID) -> Outlet | None:
        """Let one have another secret; None = it is not there."""
        found = await self._changed("renew_outlet_secret", {"tenant": tenant, "id": identity})
        return found[0] if found else None

    async def claim(self, now: datetime) -> Sequence[Outlet]:
        """Return outlets that are due, for this process alone until their lease ends."""
        return await self._changed("claim_outlets", {"now": now, "until": now + LEASE})

    async def sent(self, outlet: Outlet, place: int, now: datetime, next_at: datetime) -> None:
        """Note that everything up to ``place`` was taken."""
        await self._changed("move_outlet", {"id": outlet.id, "place": place, "now": now, "next_at": next_at})

    async def failed(self, outlet: Outlet, problem: str, now: datetime) -> None:
        """Note that nothing was taken, and when to try again."""
        since = outlet.failing_since or now
        parameters = {
            "id": outlet.id,
            "problem": problem[:500],
            "since": since,
            "next_at": now + pause_after(outlet.failures + 1),
            "is_active": now - since < GIVE_UP_AFTER,
        }
        await self._changed("note_outlet_failure", parameters)

    async def _read(self, name: LiteralString, parameters: dict[str, Any]) -> Sequence[Outlet]:
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(Outlet)) as cursor,
        ):
            await cursor.execute(query(_PACKAGE, name), parameters)
            return await cursor.fetchall()

    async def _changed(self, name: LiteralString, parameters: dict[str, Any]) -> Sequence[Outlet]:
        async with (
            self._pool.transaction() as connection,
            connection.cursor(row_factory=class_row(Outlet)) as cursor,
        ):
            await cursor.execute(query(_PACKAGE, name), parameters)
            return await cursor.fetchall()


def pause_after(failures: int) -> timedelta:
    """Return how long to wait after so many failures in a row."""
    return min(LONGEST_PAUSE, FIRST_PAUSE * (1 << min(failures - 1, 20)))


def host_and_port(target: str) -> tuple[str, int]:
    """Return where the target of an outlet is."""
    parts = urlsplit(target)
    return parts.hostname or "", parts.port or _SCHEMES[parts.scheme]


def _check_target(target: str) -> None:
    try:
        parts = urlsplit(target)
        host, _ = parts.hostname, parts.port
    except ValueError as failure:
        raise ConfigurationError(f"{target!r} is no address: {failure}") from failure
    if parts.scheme not in _SCHEMES or not host or parts.username is not None or len(target) > 2_000:
        raise ConfigurationError(
            f"{target!r} is not https://host/path or syslog+tls://host:port, without a user name"
        )
    if not target.isascii() or not target.isprintable() or " " in target:
        raise ConfigurationError("an address consists of printable ASCII characters without spaces")

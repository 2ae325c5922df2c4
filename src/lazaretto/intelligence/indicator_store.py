"""Administrators' indicators: rows of ``control``, each tenant's own, and the operator's for everybody."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final, LiteralString

from psycopg.rows import class_row

from lazaretto.core.envelope import Direction
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.identity import TenantId
from lazaretto.core.indicators import IndicatorAction, IndicatorKind
from lazaretto.db.json_text import json_text
from lazaretto.db.pool import Connection, Pool
from lazaretto.db.sql import query
from lazaretto.intelligence.bundle_store import CHANNEL
from lazaretto.intelligence.indicator_values import normal

DEFAULT_LIFE: Final = timedelta(days=7)
LONGEST_LIFE: Final = timedelta(days=30)
GRACE: Final = timedelta(days=14)
"""How long an entry that has ended is still shown, and can be renewed."""
MOST: Final = 10_000
"""Entries of one tenant."""
BOTH: Final = "both"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wish:
    """An entry as somebody wants it, checked."""

    kind: IndicatorKind
    value: str
    action: IndicatorAction
    direction: str = BOTH
    """``inbound``, ``outbound`` or ``both``."""
    life: timedelta = DEFAULT_LIFE
    reason: str = ""

    @classmethod
    def parse(
        cls, *, kind: str, value: str, action: str, direction: str = BOTH, days: int = 7, reason: str = ""
    ) -> Wish:
        """Return the wish in words; raises ``ConfigurationError`` that says which word is wrong."""
        which = _choice(IndicatorKind, kind, "kind")
        if direction not in (BOTH, Direction.INBOUND.value, Direction.OUTBOUND.value):
            raise ConfigurationError(f'"{direction}" is no direction; choose inbound, outbound or both')
        life = timedelta(days=days)
        if not timedelta() < life <= LONGEST_LIFE:
            raise ConfigurationError(f"an indicator lives for 1 to {LONGEST_LIFE.days} days; renew it after")
        if len(reason) > 200 or not reason.isprintable():
            raise ConfigurationError("a reason is one printable line of at most 200 characters")
        return cls(
            kind=which,
            value=normal(which, value),
            action=_choice(IndicatorAction, action, "action"),
            direction=direction,
            life=life,
            reason=reason,
        )


@dataclass(frozen=True, slots=True)
class Entry:
    """An entry as lists show it."""

    id: int
    tenant: int | None
    """None = the operator's, for everybody."""
    kind: str
    value: str
    action: str
    direction: str
    owner: str
    reason: str
    created_at: datetime
    expires_at: datetime
    hits: int
    last_hit_at: datetime | None


@dataclass(frozen=True, slots=True)
class Hits:
    """What an entry was found in."""

    id: int
    times: int
    at: datetime


@dataclass(frozen=True, slots=True)
class NewIndicator:
    """An entry that stops mail, as a retro-scan needs it."""

    id: int
    tenant: int | None
    kind: str
    value: str
    direction: str
    changed_at: datetime


class IndicatorStore:
    """The entries of one platform; ``tenant`` None = the operator's own, never "everybody's"."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def add(
        self,
        tenant: TenantId | None,
        wishes: Iterable[Wish],
        owner: str,
        now: datetime,
        *,
        replace: bool = False,
    ) -> list[int]:
        """Add the entries, or change those about the same traits; with ``replace`` all others go.

        All or none.  Return their numbers.  Raises ``ConfigurationError`` when there are too many.
        """
        async with self._pool.transaction() as connection:
            await _changes(connection)
            if replace:
                await _run(connection, "remove_all_indicators", {"tenant": tenant})
            ids = [await _added(connection, tenant, wish, owner, now) for wish in wishes]
            (count,) = (await _run(connection, "count_indicators", {"tenant": tenant}))[0]
            if count > MOST:
                raise ConfigurationError(f"more than {MOST} indicators; remove some first")
            return ids

    async def remove(self, tenant: TenantId | None, ids: Sequence[int]) -> set[int]:
        """Remove entries; return the numbers of those that were there and in this scope."""
        async with self._pool.transaction() as connection:
            await _changes(connection)
            gone = await _run(connection, "remove_indicators", {"tenant": tenant, "ids": list(ids)})
        return {row[0] for row in gone}

    async def renew(
        self, tenant: TenantId | None, ids: Sequence[int], life: timedelta, now: datetime
    ) -> set[int]:
        """Let entries count for ``life`` from ``now``; return as ``remove`` does."""
        parameters = {"tenant": tenant, "ids": list(ids), "now": now, "expires_at": now + life}
        async with self._pool.transaction() as connection:
            await _changes(connection)
            renewed = await _run(connection, "renew_indicators", parameters)
        return {row[0] for row in renewed}

    async def list(self, tenant: TenantId | None) -> Sequence[Entry]:
        """Return the entries of this scope, newest first."""
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(Entry)) as cursor,
        ):
            await cursor.execute(_sql("list_indicators"), {"tenant": tenant})
            return await cursor.fetchall()

    async def since(self, since: datetime, now: datetime) -> Sequence[NewIndicator]:
        """Return entries that stop mail and that came or changed after ``since``, oldest first."""
        async with self._pool.connection() as connection:
            rows = await _run(connection, "indicators_since", {"since": since, "now": now})
        return [NewIndicator(*row) for row in rows]

    async def allowed(self, now: datetime) -> frozenset[tuple[int | None, str, str]]:
        """Return tenant, kind and value of each entry that vouches for something."""
        async with self._pool.connection() as connection:
            return frozenset(
                (tenant, kind, value)
                for tenant, kind, value in await _run(connection, "allowing_indicators", {"now": now})
            )

    async def count_hits(self, hits: Sequence[Hits]) -> None:
        """Note what entries were found in."""
        async with self._pool.transaction() as connection:
            await _run(connection, "count_hits", {"hits": json_text(hits).decode()})

    async def forget_old(self, now: datetime) -> None:
        """Forget entries whose time and grace are over."""
        async with self._pool.transaction() as connection:
            await _run(connection, "forget_indicators", {"before": now - GRACE})


async def _added(
    connection: Connection, tenant: TenantId | None, wish: Wish, owner: str, now: datetime
) -> int:
    parameters = {
        "tenant": tenant,
        "kind": wish.kind.value,
        "value": wish.value,
        "action": wish.action.value,
        "direction": wish.direction,
        "owner": owner,
        "reason": wish.reason,
        "now": now,
        "expires_at": now + wish.life,
    }
    return int((await _run(connection, "add_indicator", parameters))[0][0])


async def _changes(connection: Connection) -> None:
    """Say that something changes; the row stays locked to the end of the transaction."""
    await _run(connection, "next_revision", {"subject": "indicator"})
    await connection.execute("SELECT pg_notify(%s, '')", [CHANNEL])


async def _run(
    connection: Connection, name: LiteralString, parameters: dict[str, Any]
) -> list[tuple[Any, ...]]:
    cursor = await connection.execute(_sql(name), parameters)
    return await cursor.fetchall() if cursor.description is not None else []


def _choice(choices: Any, text: str, what: str) -> Any:
    for each in choices:
        if each.value == text.strip().lower():
            return each
    raise ConfigurationError(
        f'"{text}" is no {what} of an indicator; choose one of {", ".join(each.value for each in choices)}'
    )


def _sql(name: LiteralString) -> LiteralString:
    return query("lazaretto.intelligence", name)

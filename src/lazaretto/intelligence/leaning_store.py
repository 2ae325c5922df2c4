"""Votes of a tenant's people about kinds of mail, each tenant's apart; see ``core.leanings``.

A tenant has at most ``MOST_SUBJECTS`` subjects; a person votes ``MOST_A_DAY`` times a day at most, all people
of a tenant ``MOST_OF_TENANT`` times.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

from lazaretto.core.address import fold
from lazaretto.core.identity import TenantId
from lazaretto.core.leanings import LIFETIME, QUORUM, Leaning, Vote, leaning_of
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.intelligence.bundle_store import CHANNEL
from lazaretto.intelligence.following import Connection, rows

_PACKAGE: Final = "lazaretto.intelligence"
MOST_SUBJECTS: Final = 2_000
MOST_A_DAY: Final = 200
MOST_OF_TENANT: Final = 5_000
FADE_EVERY: Final = timedelta(hours=6)
"""How often those who follow count anew, as votes fade."""


class LeaningStore:
    """Table ``leaning_vote`` of the database ``control``."""

    def __init__(self, control: Pool) -> None:
        self._pool = control

    async def vote(
        self, tenant: TenantId, person: str, subjects: Sequence[str], now: datetime, *, is_wanted: bool
    ) -> int:
        """Put down what ``person`` says of ``subjects``; return how many votes count.

        A later word of one person about a subject replaces the earlier one.
        """
        if not subjects:
            return 0
        parameters = {
            "tenant": tenant,
            "person": fold(person),
            "subjects": sorted(set(subjects)),
            "is_wanted": is_wanted,
            "now": now,
            "since": now - timedelta(days=1),
            "most_subjects": MOST_SUBJECTS,
            "most_a_day": MOST_A_DAY,
            "most_of_tenant": MOST_OF_TENANT,
        }
        async with self._pool.transaction() as connection:
            cursor = await connection.execute(query(_PACKAGE, "add_leaning_votes"), parameters)
            count = cursor.rowcount
            if count:
                await _changes(connection)
        return count

    async def of(self, tenant: TenantId, now: datetime) -> list[Leaning]:
        """Return what the people of ``tenant`` lean to, most agreed first."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(
                query(_PACKAGE, "leaning_votes_of"), {"tenant": tenant, "since": now - LIFETIME}
            )
            found = _leanings(await cursor.fetchall(), now)
        return sorted(found, key=lambda each: (-abs(each.degree), each.subject))

    async def reset(self, tenant: TenantId, subject: str = "") -> int:
        """Forget the votes of a tenant about ``subject``, or all; return how many there were."""
        async with self._pool.transaction() as connection:
            parameters = {"tenant": tenant, "subject": subject}
            cursor = await connection.execute(query(_PACKAGE, "reset_leanings"), parameters)
            count = cursor.rowcount
            if count:
                await _changes(connection)
        return count

    async def forget_old(self, now: datetime) -> None:
        """Forget votes that have faded."""
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, "forget_leanings"), {"before": now - LIFETIME})


class LeaningSubject:
    """Follows the leanings of all tenants."""

    name = "leaning"

    def __init__(self) -> None:
        self._by_tenant: dict[TenantId, tuple[Leaning, ...]] = {}
        self._loaded_at = datetime.min.replace(tzinfo=UTC)

    def of(self, tenant: TenantId) -> tuple[Leaning, ...]:
        """Return what the people of ``tenant`` lean to; equal ones are the same object."""
        return self._by_tenant.get(tenant, ())

    async def load(self, connection: Connection) -> None:
        """Count the votes of every tenant in which enough people said something."""
        now = datetime.now(UTC)
        self._loaded_at = now
        found: dict[TenantId, list[tuple[str, bool, datetime]]] = {}
        parameters = {"since": now - LIFETIME, "quorum": QUORUM}
        for tenant, subject, is_wanted, at in await rows(connection, "leaning_votes", parameters):
            found.setdefault(TenantId(tenant), []).append((subject, is_wanted, at))
        before = self._by_tenant
        self._by_tenant = {}
        for owner, votes in found.items():
            leanings = tuple(sorted(_leanings(votes, now), key=lambda each: each.subject))
            known = before.get(owner, ())
            self._by_tenant[owner] = known if known == leanings else leanings

    async def tick(self, connection: Connection) -> None:
        """Count anew from time to time."""
        if datetime.now(UTC) - self._loaded_at >= FADE_EVERY:
            await self.load(connection)


def _leanings(votes: Iterable[tuple[str, bool, datetime]], now: datetime) -> list[Leaning]:
    by_subject: dict[str, list[Vote]] = {}
    for subject, is_wanted, at in votes:
        by_subject.setdefault(subject, []).append(Vote(is_wanted, at))
    counted = (leaning_of(subject, said, now) for subject, said in by_subject.items())
    return [each for each in counted if each is not None]


async def _changes(connection: Connection) -> None:
    await connection.execute(query(_PACKAGE, "next_revision"), {"subject": "leaning"})
    await connection.execute("SELECT pg_notify(%s, '')", [CHANNEL])

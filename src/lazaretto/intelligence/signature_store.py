"""What was said about signatures, and what follows: counted, in force, or withdrawn.

A trap and the operator are believed at once.  Reports of people need a quorum: so many reporters,
from so many tenants, at most two counted for each tenant, so that neither one person nor one tenant
can have somebody's mail stopped everywhere.  Each word against weighs as much as two for, and the
operator's settles it.  A tenant's words beyond a number a day are not counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Connection, Pool
from lazaretto.db.sql import query

_PACKAGE: Final = "lazaretto.intelligence"
QUORUM: Final = 3
QUORUM_OF_TENANTS: Final = 2
MOST_PER_TENANT: Final = 2
MOST_A_DAY: Final = 500
LIFETIME: Final = timedelta(days=30)
_LOCK: Final = 0x6C7A7367


class Source(Enum):
    """Whose word it is."""

    TRAP = "trap"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"
    USER = "user"

    @property
    def is_believed(self) -> bool:
        """Tell whether one word is enough."""
        return self in (Source.TRAP, Source.OPERATOR)


class SignatureState(Enum):
    """Whether mail like it is stopped."""

    COUNTED = "counted"
    IN_FORCE = "in force"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class Vote:
    """One word about one signature."""

    tenant: int
    source: Source
    is_spam: bool


@dataclass(frozen=True, slots=True)
class Seen:
    """A signature as a message has it."""

    kind: str
    keys: tuple[int, ...]
    enough: int


@dataclass(frozen=True, slots=True)
class Reporter:
    """Who says it."""

    source: Source
    tenant: TenantId
    name: str


@dataclass(frozen=True, slots=True)
class Learnt:
    """What a report came to for one signature."""

    signature: int
    kind: str
    state: SignatureState
    votes: int
    """Words for it that counted."""


def state_of(votes: Iterable[Vote]) -> tuple[SignatureState, int]:
    """Return what ``votes`` make of a signature, and how many for it count; their order does not matter."""
    votes = list(votes)
    against = [vote for vote in votes if not vote.is_spam]
    if any(vote.source is Source.OPERATOR for vote in against):
        return SignatureState.WITHDRAWN, 0
    by_tenant: dict[int, int] = {}
    for vote in votes:
        if vote.is_spam:
            by_tenant[vote.tenant] = by_tenant.get(vote.tenant, 0) + 1
    counted = sum(min(MOST_PER_TENANT, number) for number in by_tenant.values())
    contradicting = {vote.tenant for vote in against}
    weight = counted - 2 * len(contradicting)
    if any(vote.is_spam and vote.source.is_believed for vote in votes):
        # One tenant alone cannot free what a trap has caught.
        withdrawn = len(contradicting) >= QUORUM_OF_TENANTS
        return (SignatureState.WITHDRAWN if withdrawn else SignatureState.IN_FORCE), counted
    if weight >= QUORUM and len(by_tenant) >= QUORUM_OF_TENANTS:
        return SignatureState.IN_FORCE, counted
    return SignatureState.COUNTED, counted


class SignatureStore:
    """Signatures in the database ``control``."""

    def __init__(self, control: Pool) -> None:
        self._pool = control

    async def learn(
        self, seen: Sequence[Seen], reporter: Reporter, *, is_spam: bool, now: datetime
    ) -> list[Learnt]:
        """Put down what ``reporter`` says of a message with the signatures ``seen``.

        Wanted mail adds no signature: it only speaks against those that it has already.
        """
        async with self._pool.transaction() as connection:
            # Two reports of one mailing at once must not make two signatures of it.
            await connection.execute("SELECT pg_advisory_xact_lock(%s)", [_LOCK])
            if not reporter.source.is_believed and await self._has_said_too_much(connection, reporter, now):
                return []
            return [
                learnt
                for each in seen
                if (learnt := await self._learn(connection, each, reporter, is_spam, now)) is not None
            ]

    async def version(self) -> tuple[datetime | None, int]:
        """Return what changes whenever a signature does."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query(_PACKAGE, "signatures_changed"))
            row = await cursor.fetchone()
        assert row is not None
        return row[0], row[1]

    async def in_force(self, now: datetime) -> list[tuple[int, int, str, int]]:
        """Return key, signature, kind and number of keys that must agree, of all that is in force."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query(_PACKAGE, "signatures_in_force"), {"now": now})
            return [(key, number, kind, enough) for key, number, kind, enough in await cursor.fetchall()]

    async def forget(self, now: datetime) -> None:
        """Forget what was not seen again within its time."""
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, "forget_signatures"), {"now": now})

    async def _has_said_too_much(self, connection: Connection, reporter: Reporter, now: datetime) -> bool:
        parameters = {"tenant": reporter.tenant, "since": now - timedelta(days=1)}
        cursor = await connection.execute(query(_PACKAGE, "count_signature_votes"), parameters)
        row = await cursor.fetchone()
        return row is not None and row[0] >= MOST_A_DAY

    async def _learn(
        self, connection: Connection, seen: Seen, reporter: Reporter, is_spam: bool, now: datetime
    ) -> Learnt | None:
        parameters = {"keys": list(seen.keys), "kind": seen.kind, "now": now}
        cursor = await connection.execute(query(_PACKAGE, "find_signatures"), parameters)
        row = await cursor.fetchone()
        if row is None and not is_spam:
            return None
        signature = row[0] if row is not None else await _added(connection, seen, now)
        vote = {
            "signature": signature,
            "tenant": reporter.tenant,
            "reporter": reporter.name,
            "source": reporter.source.value,
            "is_spam": is_spam,
            "now": now,
        }
        await connection.execute(query(_PACKAGE, "add_signature_vote"), vote)
        cursor = await connection.execute(query(_PACKAGE, "read_signature_votes"), {"signature": signature})
        votes = [Vote(tenant, Source(source), spam) for tenant, source, spam in await cursor.fetchall()]
        state, counted = state_of(votes)
        change = {
            "signature": signature,
            "state": state.value,
            "now": now,
            "expires_at": now + LIFETIME if is_spam else now,
        }
        await connection.execute(query(_PACKAGE, "set_signature_state"), change)
        return Learnt(signature, seen.kind, state, counted)


async def _added(connection: Connection, seen: Seen, now: datetime) -> int:
    parameters = {"kind": seen.kind, "enough": seen.enough, "now": now, "expires_at": now + LIFETIME}
    cursor = await connection.execute(query(_PACKAGE, "add_signature"), parameters)
    row = await cursor.fetchone()
    assert row is not None
    number: int = row[0]
    keys = {"keys": list(seen.keys), "signature": number}
    await connection.execute(query(_PACKAGE, "add_signature_keys"), keys)
    return number

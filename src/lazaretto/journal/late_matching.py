"""Which delivered messages have a trait that is known to be bad now: a scan of what is kept of them.

One pass over thirty days answers for any number of traits, so that a list of thousands costs no more
than one of them.  Whole traits are compared by their digests; patterns with ``*`` with the subject and
the names of files as they were kept.
"""

from __future__ import annotations

import struct
from collections import defaultdict
from collections.abc import AsyncIterator, Iterable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, LiteralString
from uuid import UUID

from lazaretto.core.events import EventKind
from lazaretto.core.indicators import DIGEST, IndicatorKind, plain_digest, spelt, trait_digest
from lazaretto.core.patterns import Patterns
from lazaretto.db.json_text import json_text
from lazaretto.db.pool import Connection, Pool
from lazaretto.db.sql import query

_PACKAGE: Final = "lazaretto.journal"
MOST: Final = 200_000
"""Matches of one scan; more than that is a trait of half the mail, and a mistake."""
_CHUNK: Final = 1_000
_ROWS: Final = 2_000
"""Messages that are compared with patterns before others may go on."""
_SPELT: Final = (IndicatorKind.SUBJECT, IndicatorKind.ATTACHMENT_NAME)
_STATEMENTS: Final[tuple[LiteralString, ...]] = ("spelt_messages", "told_messages")


@dataclass(frozen=True, slots=True)
class BadTrait:
    """A trait that convicts, and why."""

    kind: IndicatorKind
    value: str
    cause: str
    tenant: int | None = None
    """Whose mail it convicts; None = everybody's."""
    is_sum: bool = False
    """Of a web address nobody but those who wrote the list knows more than the sum."""
    direction: str = ""
    """``inbound`` or ``outbound``, where it convicts no other mail."""
    indicator: int | None = None
    """Number of the administrator's entry that it is: nobody's vouching speaks against it."""
    name: str = ""
    """Of the malware, where those who list it give it one."""

    @property
    def is_pattern(self) -> bool:
        """Tell whether it stands for many spellings."""
        return "*" in self.value and self.kind in _SPELT

    @property
    def digests(self) -> tuple[int, ...]:
        """The numbers under which it may be kept."""
        if self.is_sum:
            return (_number(bytes.fromhex(self.value)[:DIGEST]),)
        made = {trait_digest(self.kind, self.value), plain_digest(self.kind, self.value)}
        return tuple(map(_number, made))


def _number(digest: bytes) -> int:
    number: int = struct.unpack("!q", digest)[0]
    return number


@dataclass(frozen=True, slots=True)
class LateMatch:
    """A delivered message with a trait that convicts it now."""

    tenant: int
    message: UUID
    received_at: datetime
    direction: str
    sender: str
    subject: str
    message_id: str
    client_ip: str
    size: int
    recipients: tuple[str, ...]
    trait: BadTrait


@dataclass(frozen=True, slots=True)
class KeptStory:
    """What was told of a message at the time; empty what is not there any more."""

    received: dict[str, Any]
    """How it came: the details of RECEIVED."""
    look: dict[str, Any]
    """What was seen and judged: the details of SCANNED."""


class LateMatcher:
    """Matches on database ``trace``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def matches(self, traits: Sequence[BadTrait], since: datetime) -> list[LateMatch]:
        """Return each message that was received ``since`` and that somebody has, once for each cause.

        Messages that were convicted before, by whatever, are left out.
        """
        found = await self._found(traits, since)
        matches = []
        for start in range(0, len(found), _CHUNK):
            matches += await self._told(found[start : start + _CHUNK])
        return matches

    async def stories(self, matches: Sequence[LateMatch]) -> dict[tuple[int, UUID], KeptStory]:
        """Return what is kept of each tenant's part of the messages; ask for few at once."""
        kept = {(each.tenant, each.message): KeptStory({}, {}) for each in matches}
        if not kept:
            return kept
        parameters = {
            "messages": [each.message for each in matches],
            "since": min(each.received_at for each in matches),
        }
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query(_PACKAGE, "told_at_the_time"), parameters, prepare=False)
            for tenant, message, kind, details in await cursor.fetchall():
                story = kept.get((tenant, message))
                if story is not None:
                    (story.received if kind == EventKind.RECEIVED.value else story.look).update(details)
        return kept

    async def _found(
        self, traits: Sequence[BadTrait], since: datetime
    ) -> list[tuple[int, UUID, datetime, BadTrait]]:
        found: dict[tuple[int, UUID, str], tuple[int, UUID, datetime, BadTrait]] = {}
        async with self._pool.connection() as connection:
            for tenant, some in _by_tenant(traits).items():
                for row, trait in await _matched(connection, tenant, some, since):
                    found.setdefault((row[0], row[1], trait.cause), (row[0], row[1], row[2], trait))
        return list(found.values())

    async def _told(self, found: Sequence[tuple[int, UUID, datetime, BadTrait]]) -> list[LateMatch]:
        keys = {
            (tenant, message): {"tenant": tenant, "message": message, "received_at": received_at}
            for tenant, message, received_at, _ in found
        }
        async with self._pool.connection() as connection:
            parameters = {"messages": json_text(list(keys.values())).decode()}
            cursor = await connection.execute(query(_PACKAGE, "matched_messages"), parameters, prepare=False)
            rows = {(row[0], row[1]): row for row in await cursor.fetchall()}
        return [
            _match(row, trait)
            for tenant, message, _, trait in found
            if (row := rows.get((tenant, message))) is not None
            and row[9]
            and not row[10]
            and trait.direction in ("", row[3])
        ]


def _match(row: tuple[Any, ...], trait: BadTrait) -> LateMatch:
    return LateMatch(
        tenant=row[0],
        message=row[1],
        received_at=row[2],
        direction=row[3] or "",
        sender=row[4] or "",
        subject=row[5] or "",
        message_id=row[6] or "",
        client_ip=row[7] or "",
        size=row[8] or 0,
        recipients=tuple(row[9]),
        trait=trait,
    )


async def _matched(
    connection: Connection, tenant: int | None, traits: Sequence[BadTrait], since: datetime
) -> list[tuple[tuple[Any, ...], BadTrait]]:
    networks = [each for each in traits if each.kind is IndicatorKind.CLIENT_NETWORK]
    patterns = [each for each in traits if each.is_pattern]
    whole = [each for each in traits if each.kind is not IndicatorKind.CLIENT_NETWORK and not each.is_pattern]
    by_digest = {digest: each for each in whole for digest in each.digests}
    matched = []
    if by_digest:
        parameters = {"since": since, "wanted": list(by_digest), "tenant": tenant, "most": MOST}
        cursor = await connection.execute(query(_PACKAGE, "match_features"), parameters, prepare=False)
        matched += [(row, by_digest[row[3]]) for row in await cursor.fetchall()]
    if patterns:
        matched += await _matched_patterns(connection, tenant, patterns, since)
    for each in networks:
        parameters = {"since": since, "network": each.value, "tenant": tenant, "most": MOST}
        cursor = await connection.execute(query(_PACKAGE, "match_networks"), parameters, prepare=False)
        matched += [(row, each) for row in await cursor.fetchall()]
    return matched


async def _matched_patterns(
    connection: Connection, tenant: int | None, traits: Sequence[BadTrait], since: datetime
) -> list[tuple[tuple[Any, ...], BadTrait]]:
    matched: list[tuple[tuple[Any, ...], BadTrait]] = []
    subjects, names = (
        Patterns((each.value, each) for each in traits if each.kind is kind) for kind in _SPELT
    )
    for statement in _STATEMENTS:
        async with connection.transaction(), connection.cursor(name="spelt") as cursor:
            await cursor.execute(query(_PACKAGE, statement), {"since": since, "tenant": tenant})
            while (rows := await cursor.fetchmany(_ROWS)) and len(matched) < MOST:
                for row in rows:
                    matched += [(row, each) for each in subjects.standing_for(spelt(row[3] or ""))]
                    for name in row[4] or ():
                        matched += [(row, each) for each in names.standing_for(spelt(name))]
    return matched[:MOST]


def _by_tenant(traits: Iterable[BadTrait]) -> dict[int | None, list[BadTrait]]:
    by_tenant: dict[int | None, list[BadTrait]] = defaultdict(list)
    for each in traits:
        by_tenant[each.tenant].append(each)
    return by_tenant


class Progress:
    """How far one reader of the trace has come."""

    def __init__(self, pool: Pool, reader: str) -> None:
        self._pool = pool
        self._reader = reader

    async def read(self) -> dict[str, Any]:
        """Return what was noted last; empty when nothing was."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query(_PACKAGE, "read_progress"), {"reader": self._reader})
            row = await cursor.fetchone()
        return dict(row[0]) if row else {}

    @asynccontextmanager
    async def alone(self) -> AsyncIterator[bool]:
        """Say whether this process reads now; where several try, one does and the others do not."""
        async with self._pool.transaction() as connection:
            cursor = await connection.execute(query(_PACKAGE, "read_alone"), {"reader": self._reader})
            row = await cursor.fetchone()
            yield bool(row and row[0])

    async def note(self, position: dict[str, Any]) -> None:
        """Note it."""
        async with self._pool.transaction() as connection:
            parameters = {"reader": self._reader, "position": json_text(position).decode()}
            await connection.execute(query(_PACKAGE, "note_progress"), parameters)

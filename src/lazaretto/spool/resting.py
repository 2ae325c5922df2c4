"""Copies at rest, for those who look at them again; and which of them wait for newer rules."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from psycopg.rows import class_row

from lazaretto.core.content import ReceivedContent
from lazaretto.core.envelope import Client, Direction, Envelope, Leg, Recipient
from lazaretto.core.events import Event
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.queued import ContentKind, ContentRef
from lazaretto.core.submission import Submission
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.spool.changing import Changes, apply
from lazaretto.spool.rows import event_row

_PACKAGE: Final = "lazaretto.spool"


@dataclass(frozen=True, slots=True)
class RestingMessage:
    """A quarantined copy with what it takes to look at it again."""

    id: UUID
    tenant: int
    message: UUID
    direction: str
    addresses: list[str]
    reason: str
    received_at: datetime
    reverse_path: str
    smtputf8: bool
    size: int
    sha256: bytes
    content_kind: str
    content_reference: str
    wrapped_key: bytes
    key_version: int

    @property
    def content(self) -> ContentRef:
        """Where its octets rest."""
        return ContentRef(
            tenant=TenantId(self.tenant),
            message=MessageId(self.message),
            kind=ContentKind(self.content_kind),
            reference=self.content_reference,
            wrapped_key=self.wrapped_key,
            key_version=self.key_version,
            size=self.size,
            sha256=self.sha256,
        )

    def submission(self, content: ReceivedContent | None) -> Submission:
        """Return the message as it would come in now; who sent it is not kept."""
        recipients = tuple(Recipient(address=each) for each in self.addresses)
        return Submission(
            id=MessageId(self.message),
            received_at=self.received_at,
            client=Client(ip="0.0.0.0"),  # noqa: S104 - "not known any more", not one to listen on
            envelope=Envelope(reverse_path=self.reverse_path, recipients=recipients, smtputf8=self.smtputf8),
            legs=(
                Leg(tenant=TenantId(self.tenant), direction=Direction(self.direction), recipients=recipients),
            ),
            content=content or ReceivedContent(size=self.size, sha256=self.sha256, octets=b""),
        )


class RestingMessages:
    """The copies at rest of one platform."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def find(self, identity: UUID) -> RestingMessage | None:
        """Return a copy that rests; None when it has left."""
        async with (
            self._pool.connection() as connection,
            connection.cursor(row_factory=class_row(RestingMessage)) as cursor,
        ):
            await cursor.execute(query(_PACKAGE, "resting_message"), {"id": identity})
            return await cursor.fetchone()

    async def suspected_behind(self, bundle: str, limit: int) -> list[tuple[UUID, bool]]:
        """Return suspected copies that ``bundle`` has not looked at, and whether any bundle is noted."""
        async with self._pool.connection() as connection:
            parameters = {"bundle": bundle, "wanted": limit}
            cursor = await connection.execute(query(_PACKAGE, "suspected_behind"), parameters)
            return [(row[0], row[1] is not None) for row in await cursor.fetchall()]

    async def note_suspected(self, row: RestingMessage, bundle: str, now: datetime) -> None:
        """Note with which bundle a suspected copy was looked at."""
        async with self._pool.transaction() as connection:
            parameters = {"quarantine": row.id, "tenant": row.tenant, "bundle": bundle, "now": now}
            await connection.execute(query(_PACKAGE, "note_suspected"), parameters)

    async def convict(
        self, row: RestingMessage, event: Callable[[], Event | None], keep: timedelta, now: datetime
    ) -> None:
        """Make a suspected copy malware, kept for ``keep``, with the event that tells of it."""
        async with self._pool.transaction() as connection:
            parameters = {"id": row.id, "keep": keep}
            cursor = await connection.execute(query(_PACKAGE, "convict_suspected"), parameters)
            told = event() if await cursor.fetchone() is not None else None
            if told is not None:
                await apply(connection, [Changes(events=(event_row(told, row.received_at),))], now)

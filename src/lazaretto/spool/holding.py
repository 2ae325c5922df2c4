"""Queue rows in hand: read with all that belongs to them, and as the copies that they stand for."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import msgspec
from psycopg.rows import class_row

from lazaretto.core.envelope import Direction
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.queued import Lease, QueuedCopy, QueuedRecipient, QueueKind
from lazaretto.db.pool import Connection
from lazaretto.db.sql import query
from lazaretto.spool.changing import QueueKey
from lazaretto.spool.content_columns import ContentColumns
from lazaretto.spool.rows import row_set, unpacked

_PACKAGE = "lazaretto.spool"


@dataclass(frozen=True, slots=True)
class HeldRecipient:
    """A recipient of a held row that has not ended yet."""

    number: int
    address: str
    deliver_to: str
    notify: str
    original: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HeldRow(ContentColumns):
    """A row of ``queue`` with its message's columns."""

    number: int
    kind: str
    destination: str
    direction: str
    splices: bytes | None
    next_at: datetime
    attempt: int
    owner: int | None
    failures: int
    expires_at: datetime
    last_reply: str
    received_at: datetime
    reverse_path: str
    eight_bit: bool
    smtputf8: bool
    envid: str
    ret: str
    trace_header: bytes
    return_path_trusted: bool
    submission: bytes | None
    next_number: int
    recipients: Any
    """JSON text, see ``held_recipients``."""

    @property
    def lease(self) -> Lease:
        """The lease under which it is held."""
        return Lease(
            tenant=TenantId(self.tenant),
            message=MessageId(self.message),
            row=self.number,
            attempt=self.attempt,
        )

    def held_recipients(self) -> tuple[HeldRecipient, ...]:
        """Return those of its recipients that have not ended."""
        return _recipients.decode(self.recipients)

    def copy(self) -> QueuedCopy:
        """Return the copy that it stands for."""
        return QueuedCopy(
            lease=self.lease,
            kind=QueueKind(self.kind),
            destination=self.destination,
            direction=Direction(self.direction),
            reverse_path=self.reverse_path,
            recipients=tuple(_queued(recipient) for recipient in self.held_recipients()),
            received_at=self.received_at,
            expires_at=self.expires_at,
            failures=self.failures,
            eight_bit=self.eight_bit,
            smtputf8=self.smtputf8,
            envid=self.envid,
            ret=self.ret,
            trace_header=self.trace_header,
            splices=unpacked(self.splices),
            content=self.content,
            return_path_trusted=self.return_path_trusted,
        )


_recipients = msgspec.json.Decoder(tuple[HeldRecipient, ...])


async def lock_leases(connection: Connection, leases: Sequence[Lease]) -> tuple[QueueKey, ...]:
    """Lock the rows whose lease still holds, and their messages, until the transaction ends."""
    parameters = {"leases": row_set(leases)}
    cursor = await connection.execute(query(_PACKAGE, "lock_leases"), parameters, prepare=True)
    return tuple(QueueKey(tenant, message, number) for tenant, message, number, _ in await cursor.fetchall())


async def read_held(connection: Connection, keys: Sequence[QueueKey]) -> list[HeldRow]:
    """Return the rows of ``keys`` that exist."""
    if not keys:
        return []
    async with connection.cursor(row_factory=class_row(HeldRow)) as cursor:
        await cursor.execute(query(_PACKAGE, "read_held"), {"rows": row_set(keys)}, prepare=True)
        return await cursor.fetchall()


def _queued(recipient: HeldRecipient) -> QueuedRecipient:
    return QueuedRecipient(
        number=recipient.number,
        address=recipient.address,
        deliver_to=recipient.deliver_to,
        notify=tuple(recipient.notify.split(",")) if recipient.notify else (),
        original=recipient.original,
    )

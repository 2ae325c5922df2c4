"""Queued copies, fixed directories and DNS answers, and a spool in memory, for tests of delivery."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from hashlib import sha256

from lazaretto.core.decision import Splice
from lazaretto.core.envelope import Direction
from lazaretto.core.errors import ContentDamaged
from lazaretto.core.facts import DnsAnswer, DnsStatus
from lazaretto.core.identity import MessageId, TenantId, new_message_id
from lazaretto.core.queued import (
    ContentKind,
    ContentRef,
    Lease,
    Outcome,
    QueuedCopy,
    QueuedRecipient,
    QueueKind,
    Settlement,
)
from lazaretto.core.snapshot import NextHop, TenantSnapshot

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
TENANT = TenantId(7)
MESSAGE = b"From: a@sender.example\r\nTo: b@customer.example\r\nSubject: hello\r\n\r\nOne.\r\n.two\r\n"


def a_copy(
    *recipients: str,
    octets: bytes = MESSAGE,
    message: MessageId | None = None,
    attempt: int = 1,
    row: int = 0,
    reverse_path: str = "a@sender.example",
    destination: str = "customer.example",
    received_at: datetime = NOON,
    notify: tuple[str, ...] = (),
    splices: tuple[Splice, ...] = (),
    trace_header: bytes = b"",
    **more: object,
) -> QueuedCopy:
    """Return a copy that is leased and ready; everything not said is ordinary."""
    identity = message or new_message_id()
    addresses = recipients or ("b@customer.example",)
    copy = QueuedCopy(
        lease=Lease(tenant=TENANT, message=identity, row=row, attempt=attempt),
        kind=QueueKind.DELIVER,
        destination=destination,
        direction=Direction.INBOUND,
        reverse_path=reverse_path,
        recipients=tuple(
            QueuedRecipient(number=number, address=address, deliver_to=address, notify=notify)
            for number, address in enumerate(addresses)
        ),
        received_at=received_at,
        expires_at=received_at + timedelta(days=7),
        trace_header=trace_header,
        splices=splices,
        content=ContentRef(
            tenant=TENANT,
            message=identity,
            kind=ContentKind.INLINE,
            reference="",
            wrapped_key=b"",
            key_version=1,
            size=len(octets),
            sha256=sha256(octets).digest(),
        ),
        return_path_trusted=True,
    )
    return replace(copy, **more)  # type: ignore[arg-type]


class FixedDirectory:
    """One tenant with the routes that a test gives."""

    def __init__(self, domains: Mapping[str, tuple[NextHop, ...]]) -> None:
        self._snapshot = TenantSnapshot(tenant=TENANT, name="acme", version=1, domains=domains)

    def tenant_of(self, domain: str) -> TenantSnapshot | None:
        return self._snapshot if domain in self._snapshot.domains else None

    def sender_at(self, ip: str) -> TenantSnapshot | None:
        return None

    def sender_showing(self, proof: str) -> TenantSnapshot | None:
        return None

    def by_id(self, tenant: TenantId) -> TenantSnapshot | None:
        return self._snapshot if tenant == TENANT else None


class FixedResolver:
    """Answers from a table; what is not there does not exist; counts what it was asked."""

    def __init__(self, answers: Mapping[str, Mapping[str, Sequence[str] | DnsStatus]] | None = None) -> None:
        self._answers = answers or {}
        self.asked: list[str] = []

    async def ask(self, name: str, kind: str) -> DnsAnswer:
        self.asked.append(f"{kind} {name}")
        if name not in self._answers:
            return DnsAnswer(DnsStatus.NO_DOMAIN)
        records = self._answers[name].get(kind)
        if records is None:
            return DnsAnswer(DnsStatus.NO_DATA)
        if isinstance(records, DnsStatus):
            return DnsAnswer(records)
        return DnsAnswer(DnsStatus.ANSWER, tuple(records), 300)


class MemorySpool:
    """A queue and its contents in memory, with attempts as fencing tokens."""

    def __init__(self) -> None:
        self.rows: dict[tuple[MessageId, int], QueuedCopy] = {}
        self.next_at: dict[tuple[MessageId, int], datetime] = {}
        self.contents: dict[MessageId, bytes] = {}
        self.settled: list[Settlement] = []
        self.refused: list[Settlement] = []
        self.renewed: list[Lease] = []
        self.own: list[QueuedCopy] = []
        self.now = NOON
        self.breaks = 0

    def add(self, copy: QueuedCopy, octets: bytes = MESSAGE, due: datetime | None = NOON) -> QueuedCopy:
        """Let ``copy`` wait; with ``due`` None it is leased and not to be claimed."""
        key = (copy.lease.message, copy.lease.row)
        self.rows[key] = copy
        self.contents[copy.lease.message] = octets
        if due is not None:
            self.next_at[key] = due
        return copy

    async def claim(self, kinds: Sequence[QueueKind], limit: int) -> list[QueuedCopy]:
        due = [key for key, at in self.next_at.items() if at <= self.now and self.rows[key].kind in kinds]
        return [self._lease(key) for key in due[:limit]]

    async def claim_own(
        self, kinds: Sequence[QueueKind], limit: int, besides: Sequence[Lease] = ()
    ) -> list[QueuedCopy]:
        wanted = self.rows.keys() - {(lease.message, lease.row) for lease in besides}
        return [
            copy for copy in self.own if copy.kind in kinds and (copy.lease.message, copy.lease.row) in wanted
        ][:limit]

    async def settle(self, settlements: Sequence[Settlement]) -> list[Lease]:
        if self.breaks:
            self.breaks -= 1
            raise ConnectionError("database away")
        lost = []
        for settlement in settlements:
            key = (settlement.lease.message, settlement.lease.row)
            row = self.rows.get(key)
            if row is None or row.lease != settlement.lease:
                self.refused.append(settlement)
                lost.append(settlement.lease)
                continue
            self.settled.append(settlement)
            waiting = {o.number for o in settlement.outcomes if o.outcome is Outcome.DEFERRED}
            if not waiting:
                del self.rows[key]
                continue
            assert settlement.next_at is not None
            rest = tuple(r for r in row.recipients if r.number in waiting)
            self.rows[key] = replace(row, recipients=rest, failures=row.failures + 1)
            self.next_at[key] = settlement.next_at
        return lost

    async def renew(self, leases: Sequence[Lease]) -> list[Lease]:
        self.renewed.extend(leases)
        held = {row.lease for row in self.rows.values()}
        return [lease for lease in leases if lease not in held]

    async def open(self, ref: ContentRef) -> bytes:
        if ref.message not in self.contents:
            raise ContentDamaged("not in its row")
        return self.contents[ref.message]

    async def set_aside(self, ref: ContentRef) -> bool:
        return ref.message not in self.contents

    def _lease(self, key: tuple[MessageId, int]) -> QueuedCopy:
        del self.next_at[key]
        row = self.rows[key]
        self.rows[key] = replace(row, lease=replace(row.lease, attempt=row.lease.attempt + 1))
        return self.rows[key]

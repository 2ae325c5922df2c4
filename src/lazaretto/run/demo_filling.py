"""A lively month for the demonstration: mail of the last 30 days, and all of it gone again.

Every letter takes the real path with its clock turned back: facts gathered, looked at by the scan
workers, judged by the tenant's snapshot, committed, delivered or at rest.  Only the next hop is
spared: what was "delivered" then is settled without a conversation.
"""

from __future__ import annotations

import asyncio
import hashlib
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final

from lazaretto.core.content import ReceivedContent
from lazaretto.core.decision import Disposition, Judgement
from lazaretto.core.envelope import Client, Direction, Envelope, Leg, Recipient
from lazaretto.core.errors import LazarettoError
from lazaretto.core.identity import new_message_id
from lazaretto.core.queued import Outcome, QueuedCopy, RecipientOutcome, Remote, Settlement
from lazaretto.core.refusal import Refusal
from lazaretto.core.reply import Reply
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.core.submission import Submission
from lazaretto.pipeline.asking import Asker
from lazaretto.run.demo_letters import WEIGHTS, letters, written
from lazaretto.run.demonstration import SECOND_TENANT, TENANT
from lazaretto.run.gathering import gather_with, header_of
from lazaretto.run.home import Home
from lazaretto.run.naming import resolver_of
from lazaretto.run.options import RunOptions
from lazaretto.run.settings import Settings
from lazaretto.run.spoolroom import SpoolRoom, spool_room
from lazaretto.spool.acceptor import Acceptor
from lazaretto.spool.quarantine import Quarantine
from lazaretto.spool.queue import Queue
from lazaretto.spool.refusals import RefusalLog

AT_ONCE: Final = 8
SEED: Final = 7
_PER_DAY: Final = {TENANT: 22, SECOND_TENANT: 9}
_OUR_SERVER: Final = {TENANT: "198.51.100.25", SECOND_TENANT: "198.51.100.26"}
_HOURS: Final = (1, 1, 1, 1, 1, 2, 4, 9, 14, 16, 15, 12, 9, 12, 15, 14, 12, 9, 6, 4, 3, 3, 2, 1)
"""How much of a day's mail comes in each hour."""
_OUR_TIME: Final = timedelta(days=60)


@dataclass(slots=True)
class _Moment:
    """The clock that everything goes by."""

    now: datetime = field(default_factory=lambda: datetime.now(UTC))

    def __call__(self) -> datetime:
        return self.now


@dataclass(frozen=True, slots=True)
class Filled:
    """What was made."""

    messages: int
    quarantined: int
    refused: int


class DemoFilling:
    """Makes the mail of some days for the demo's tenants."""

    def __init__(self, home: Home, settings: Settings, options: RunOptions, room: SpoolRoom) -> None:
        self._room = room
        # What is leased to us must not be taken for overdue: its time has long been over.
        self._spool = settings.spool.model_copy(update={"lease_time": _OUR_TIME})
        gather = gather_with(resolver_of(settings, options), settings.scan, room.directory)
        self._asker = Asker(home.sockets, room.looking, gather, settings.scan)
        self._refusals = RefusalLog(room.pool, settings.spool)
        self._gate = asyncio.Semaphore(AT_ONCE)
        self._quarantined = 0
        self._refused = 0

    async def fill(self, now: datetime, days: int, tell: Callable[[str], None]) -> Filled:
        """Make the mail of ``days`` days before ``now``; the same ``now`` makes the same mail."""
        chance = random.Random(SEED)  # noqa: S311 - believable, not secret
        count = 0
        for back in range(days - 1, -1, -1):
            day = (now - timedelta(days=back)).replace(hour=0, minute=0, second=0, microsecond=0)
            planned = [each for each in self._planned(day, chance) if each[0].received_at < now]
            await asyncio.gather(*(self._pass(*each) for each in planned))
            await self._refusals.flush(day + timedelta(days=1), all_counts=True)
            await self._expire(day)
            count += len(planned)
            if back % 7 == 0:
                tell(f"{days - back} of {days} days, {count} messages")
        return Filled(count, self._quarantined, self._refused)

    def _planned(self, day: datetime, chance: random.Random) -> Iterator[tuple[Submission, float]]:
        for name, usual in _PER_DAY.items():
            snapshot = next((each for each in self._room.directory.all() if each.name == name), None)
            if snapshot is None:
                continue
            busy = 0.35 if day.weekday() >= 5 else 1.0
            for _ in range(round(usual * busy * chance.uniform(0.7, 1.3))):
                kind = chance.choices(list(WEIGHTS), list(WEIGHTS.values()))[0]
                at = day + timedelta(
                    hours=chance.choices(range(24), _HOURS)[0], seconds=chance.randrange(3_600)
                )
                yield self._submission(snapshot, kind, at, chance), chance.random()
            self._note_refusals(snapshot, day, chance)

    def _submission(
        self, snapshot: TenantSnapshot, kind: str, at: datetime, chance: random.Random
    ) -> Submission:
        person = chance.choice(sorted(snapshot.addresses))
        letter = chance.choice(letters()[kind])
        octets = written(letter, person, at, chance)
        goes_out = kind == "outbound"
        sender, recipient = (person, letter.to) if goes_out else (letter.sender, person)
        addresses = [recipient]
        if not goes_out and kind == "bulk" and chance.random() < 0.3:
            addresses = sorted({*addresses, chance.choice(sorted(snapshot.addresses))})
        recipients = tuple(Recipient(address=each) for each in addresses)
        is_strange = kind in ("spam", "phishing", "malware")
        ip = f"203.0.113.{chance.randint(2, 250)}" if is_strange else f"198.51.100.{chance.randint(2, 20)}"
        domain = sender.partition("@")[2]
        return Submission(
            id=new_message_id(at),
            received_at=at,
            client=Client(
                ip=_OUR_SERVER[snapshot.name] if goes_out else ip,
                port=chance.randint(30_000, 60_000),
                helo=f"mx.{domain}",
            ),
            envelope=Envelope(reverse_path=sender, recipients=recipients),
            legs=(
                Leg(
                    tenant=snapshot.tenant,
                    direction=Direction.OUTBOUND if goes_out else Direction.INBOUND,
                    recipients=recipients,
                ),
            ),
            content=ReceivedContent(size=len(octets), sha256=hashlib.sha256(octets).digest(), octets=octets),
            trace_header=f"Received: from mx.{domain} by lazaretto; demonstration\r\n".encode(),
        )

    async def _pass(self, submission: Submission, luck: float) -> None:
        """Let one message take its way."""
        async with self._gate:
            judgement = await self._asker.look_patiently(submission)
            if self._is_refused(judgement):
                self._refused += 1
                reply = Reply(550, "5.7.1", f"message refused; reference {judgement.reference}")
                await self._acceptor(submission).refuse(submission, judgement, reply)
                return
            copies = await self._commit(submission, judgement)
            self._quarantined += any(
                copy.decision.disposition is Disposition.QUARANTINE for copy in judgement.copies
            )
            await self._settle(copies, submission.received_at, luck)

    async def _commit(self, submission: Submission, judgement: Judgement) -> tuple[QueuedCopy, ...]:
        """Commit, once more where housekeeping just dropped the empty hour that it was for."""
        try:
            return await self._acceptor(submission).commit(submission, judgement)
        except LazarettoError:
            return await self._acceptor(submission).commit(submission, judgement)

    def _acceptor(self, submission: Submission) -> Acceptor:
        return Acceptor(
            self._room.pool,
            self._room.contents,
            self._room.node,
            self._spool,
            read_header=header_of,
            clock=_Moment(submission.received_at),
        )

    async def _settle(self, copies: Sequence[QueuedCopy], at: datetime, luck: float) -> None:
        if not copies:
            return
        bounces = luck < 0.012
        done = at + timedelta(seconds=0.4 + 4 * luck if luck < 0.93 else 900 * luck)
        outcome = Outcome.FAILED if bounces else Outcome.DELIVERED
        reply = (
            Reply(550, "5.2.2", "mailbox full")
            if bounces
            else Reply(250, "2.0.0", "Ok: queued as 4XkZ2p1Q9z")
        )
        remote = Remote(host=f"mail.{copies[0].destination}", ip="198.51.100.200", port=25)
        settlements = [
            Settlement(
                lease=copy.lease,
                at=done,
                outcomes=tuple(
                    RecipientOutcome(number=each.number, outcome=outcome, reply=reply, remote=remote)
                    for each in copy.recipients
                ),
                next_at=None,
            )
            for copy in copies
        ]
        clock = _Moment(done)
        queue = Queue(self._room.pool, self._room.contents, self._room.node, self._spool, clock=clock)
        await queue.settle(settlements)

    async def _expire(self, day: datetime) -> None:
        evening = day + timedelta(hours=23)
        quarantine = Quarantine(self._room.pool, self._spool, clock=lambda: evening)
        while await quarantine.expire(evening):
            pass

    def _note_refusals(self, snapshot: TenantSnapshot, day: datetime, chance: random.Random) -> None:
        domain = sorted(snapshot.domains)[0]
        for _ in range(chance.randint(1, 5)):
            at = day + timedelta(seconds=chance.randrange(86_400))
            if at > datetime.now(UTC):
                continue
            name = chance.choice(("john", "accounts", "jobs", "webmaster", "marie", "test"))
            self._refusals.note(
                Refusal(
                    id=new_message_id(at),
                    at=at,
                    tenant=snapshot.tenant,
                    direction=Direction.INBOUND,
                    client=Client(ip=f"203.0.113.{chance.randint(2, 250)}", port=4_242, helo="localhost"),
                    reverse_path=f"offer{chance.randint(1, 99)}@quick-prize.example",
                    recipient=f"{name}@{domain}",
                    stage="rcpt",
                    reply=Reply(550, "5.1.1", "invalid recipient"),
                    reason="not on the validation list",
                )
            )

    def _is_refused(self, judgement: Judgement) -> bool:
        decided = [copy.decision.disposition for copy in judgement.copies if not copy.additional]
        return bool(decided) and all(each is Disposition.REJECT for each in decided)


async def fill(
    home: Home, settings: Settings, options: RunOptions, days: int, tell: Callable[[str], None]
) -> Filled:
    """Fill the demonstration's tenants in a home whose scan workers run."""
    async with spool_room(home, settings, "demo-fill") as room:
        return await DemoFilling(home, settings, options, room).fill(datetime.now(UTC), days, tell)

"""Gets every copy that is due out of the house.

Copies come in hand twice over: offered by the edge the moment they are committed, and claimed from
the database when they are due again (``claiming``).  Each goes to its destination's workers; each
outcome goes to the settler.  Nothing that one copy or one destination does holds up another.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from datetime import timedelta
from pathlib import Path
from typing import Any, Final

from lazaretto.core.errors import ContentDamaged
from lazaretto.core.facts import Resolver
from lazaretto.core.queued import Lease, QueuedCopy, QueueKind, Settlement
from lazaretto.core.reply import Reply
from lazaretto.core.snapshot import Directory
from lazaretto.delivery.attempts import Attempts, ContentUnread
from lazaretto.delivery.claiming import Claiming
from lazaretto.delivery.connecting import Opener
from lazaretto.delivery.courier import Carried, Courier, Means
from lazaretto.delivery.dead_hosts import DeadHosts
from lazaretto.delivery.destination import Destination
from lazaretto.delivery.feedback import LONGEST_PAUSE, Feedback
from lazaretto.delivery.holding import Held, Holding
from lazaretto.delivery.isolating import isolate
from lazaretto.delivery.journal_file import DeliveryJournal
from lazaretto.delivery.routing import Router
from lazaretto.delivery.seams import Clock, Contents, Queue, utc_now
from lazaretto.delivery.sender_languages import SenderLanguages
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.delivery.settler import Settler
from lazaretto.delivery.signing import Signing
from lazaretto.delivery.silences import Silences, SilenceStore
from lazaretto.delivery.tls_policy import RouteTlsPolicy, TlsPolicy

log = logging.getLogger(__name__)

_NO_HOST = "no host"
MOST_DESTINATIONS: Final = 10_000
_PATIENCE_WITH_CONTENT = 6
_FIRST_PAUSE_FOR_CONTENT = 1.0
"""Seconds; content that cannot be read is asked for again after one, two, four, … seconds, for a minute."""


class Dispatcher:
    """The deliver process at work; ``start``, then ``offer`` as copies come, then ``stop``."""

    def __init__(
        self,
        *,
        queue: Queue,
        contents: Contents,
        directory: Directory,
        resolver: Resolver,
        journal: Path,
        hostname: str,
        settings: DeliverySettings | None = None,
        tls_policy: TlsPolicy | None = None,
        clock: Clock = utc_now,
        signing: Signing | None = None,
        silences: SilenceStore | None = None,
    ) -> None:
        self._settings = settings = settings or DeliverySettings()
        self._contents = contents
        self._silences = Silences(silences, clock, settings.dead_time * LONGEST_PAUSE)
        self._router = Router(directory, resolver, settings)
        self._means = Means(
            router=self._router,
            opener=Opener(settings, hostname),
            tls_policy=tls_policy or RouteTlsPolicy(),
            dead_hosts=DeadHosts(settings.dead_host_time.total_seconds(), self._silences),
            settings=settings,
        )
        languages = SenderLanguages(directory).of
        self._attempts = Attempts(contents, settings, hostname, clock, languages, signing)
        self._journal = DeliveryJournal(journal)
        self._holding = Holding(settings.max_held_octets)
        self._claiming = Claiming(queue, self._holding, settings, self._hold)
        self._settler = Settler(queue, self._journal, settings.max_unsettled, self._holding.settled)
        self._destinations: dict[str, Destination] = {}
        self._workers = 0
        self._starved: dict[str, Destination] = {}
        self._is_stopping = False
        self._writing: list[asyncio.Task[None]] = []
        self._finding: list[asyncio.Task[None]] = []

    # What the process calls.

    async def start(self) -> None:
        """Settle what an earlier life delivered, take back what it held, and go to work."""
        left = await self._settler.settle_now(self._journal.replay())
        for settlement in left:
            self._settler.add(settlement)
        self._writing = _begun(self._settler.journal_forever(), self._settler.settle_forever())
        await self._silences.share()
        await self._claiming.take_back_own()
        if self._settler.is_idle:
            self._journal.forget()
        interval = self._settings.silence_interval
        self._finding = _begun(
            self._claiming.claim_forever(),
            self._claiming.renew_forever(),
            self._silences.share_forever(interval, self._hear),
        )

    def offer(self, copy: QueuedCopy, octets: bytes | None = None) -> bool:
        """Take a copy that is leased to this node; False when it stays in the spool for now."""
        if self._is_stopping:
            return False
        if self._claiming.postpones(copy, octets):
            return True
        if self._claiming.room <= 0:
            self.look_again()
            return False
        self._hold(copy, octets)
        return True

    def look_again(self) -> None:
        """Look for copies that are leased to this node and are not in hand: nobody told us of them.

        For when an edge went away, perhaps between a commit and the offer: without it such a copy would
        rest until its lease ends.
        """
        self._claiming.look_again()

    async def stop(self, seconds: float = 10.0) -> None:
        """Finish what is under way within ``seconds``, write every outcome, and end.

        What has not begun stays leased to this node, which takes it back when it starts again.
        """
        self._is_stopping = True
        await _ended(self._finding)
        for destination in self._destinations.values():
            destination.forget_reminder()
            destination.send_idle_home()
        workers = [worker for destination in self._destinations.values() for worker in destination.workers]
        if workers:
            _, late = await asyncio.wait(workers, timeout=seconds)
            for worker in late:
                worker.cancel()
            await asyncio.gather(*late, return_exceptions=True)
        await self._write_all(seconds)
        await _ended(self._writing)
        with suppress(TimeoutError):
            # What the last deliveries taught, so that the next life does not learn it again.
            async with asyncio.timeout(seconds):
                await self._silences.share()
        self._settler.close()
        self._journal.close()

    @property
    def in_hand(self) -> tuple[Lease, ...]:
        """The leases of all copies that wait here, are carried, or have an outcome that is to be written."""
        return self._holding.leases

    async def idle(self) -> None:
        """Return when no copy is in hand; for tests and for a node that is to be emptied."""
        while len(self._holding):
            await self._settler.idle()
            await asyncio.sleep(0.01)

    # Copies in hand.

    def _hold(self, copy: QueuedCopy, octets: bytes | None) -> None:
        if self._settler.add_renewed(copy):
            return
        held = self._holding.take(copy, octets, asyncio.get_running_loop().time())
        if held is None:
            return
        destination = self._destination(self._group(copy))
        destination.put(held)
        self._staff(destination)

    def _group(self, copy: QueuedCopy) -> str:
        # What calls no host must not wait for one that does not answer.
        return self._router.group(copy.destination) if copy.kind is QueueKind.DELIVER else _NO_HOST

    def _destination(self, key: str) -> Destination:
        destination = self._destinations.get(key)
        if destination is None:
            self._forget_unused()
            settings = self._settings
            feedback = Feedback(
                initial=settings.initial_per_destination,
                most=settings.max_per_destination,
                probes_before_dead=settings.probes_before_dead,
                probe_delay=settings.probe_delay.total_seconds(),
                dead_time=settings.dead_time.total_seconds(),
            )
            destination = self._destinations[key] = Destination(key, feedback)
            feedback.heard(*self._silences.of(key), asyncio.get_running_loop().time())
        return destination

    def _forget_unused(self) -> None:
        if len(self._destinations) >= MOST_DESTINATIONS:
            now = asyncio.get_running_loop().time()
            unused = [key for key, each in self._destinations.items() if each.is_unused(now)]
            for key in unused:
                del self._destinations[key]

    def _staff(self, destination: Destination) -> None:
        """Start as many workers as the waiting copies need and the limits allow."""
        if self._is_stopping or not destination.waiting:
            return
        now = asyncio.get_running_loop().time()
        feedback = destination.feedback
        if feedback.is_quiet(now):
            if feedback.is_dead:
                self._defer_all(destination, feedback.quiet_until - now)
            else:
                self._remind(destination, feedback.quiet_until - now)
            return
        wanted = min(feedback.connections, len(destination.waiting) + len(destination.workers))
        while len(destination.workers) < wanted:
            if self._has_no_place:
                self._starved[destination.key] = destination
                return
            self._workers += 1
            destination.workers.add(asyncio.create_task(self._work(destination)))

    def _remind(self, destination: Destination, delay: float) -> None:
        loop = asyncio.get_running_loop()
        destination.remind(loop.call_later(delay, self._staff, destination))

    def _defer_all(self, destination: Destination, delay: float) -> None:
        """Put off what waits for a dead destination, without an attempt for each."""
        while destination.waiting:
            held = destination.waiting.popleft()
            pause = timedelta(seconds=delay)
            self._settle(held, self._attempts.put_off(held.copy, destination.last_problem, pause))

    # Workers.

    async def _work(self, destination: Destination) -> None:
        """Carry copies to ``destination`` until there are none, or it wants fewer connections."""
        courier = Courier(self._means)
        try:
            while (held := await self._next(destination, courier)) is not None:
                await self._settler.room()
                await self._deliver(destination, courier, held)
        finally:
            task = asyncio.current_task()
            assert task is not None
            destination.workers.discard(task)
            self._workers -= 1
            await courier.rest()
            self._staff_next(destination)

    async def _next(self, destination: Destination, courier: Courier) -> Held | None:
        now = asyncio.get_running_loop().time()
        feedback = destination.feedback
        has_too_many = len(destination.workers) > feedback.connections
        if self._is_stopping or feedback.is_quiet(now) or has_too_many:
            return None
        if (held := destination.take()) is not None:
            return held
        if not courier.is_connected or self._has_no_place:
            return None
        return await destination.wait(self._settings.idle_connection.total_seconds())

    @property
    def _has_no_place(self) -> bool:
        return self._workers >= self._settings.max_conversations

    def _staff_next(self, destination: Destination) -> None:
        """Give the place of a worker that ended to who waits longest; ``destination`` comes last."""
        while self._starved and not self._has_no_place:
            key = next(iter(self._starved))
            self._staff(self._starved.pop(key))
        self._staff(destination)

    async def _deliver(self, destination: Destination, courier: Courier, held: Held) -> None:
        try:
            made = await self._attempts.make(held, courier)
            self._learn(destination, made.carried)
            settlement = made.settlement
        except (ContentUnread, ContentDamaged) as problem:
            # The latter in the middle of large content, whose receiver then gets no dot.
            failure = problem if isinstance(problem, ContentUnread) else ContentUnread(problem)
            details = {"copy": str(held.copy.lease.message), "problem": str(failure)}
            log.warning("content cannot be read for its delivery", extra=details)
            if failure.is_damaged:
                await isolate(self._contents, held.copy)
            elif held.unread_times < _PATIENCE_WITH_CONTENT:
                self._read_again_later(destination.key, held)
                return
            settlement = self._attempts.put_off(held.copy, failure.reply)
        except Exception:
            # A worker loop: one copy that cannot be handled must not stop the others.
            log.exception("attempt broke off", extra={"copy": str(held.copy.lease.message)})
            settlement = self._attempts.put_off(held.copy, Reply(451, "4.3.0", "the attempt broke off"))
        self._settle(held, settlement)

    def _read_again_later(self, key: str, held: Held) -> None:
        """Keep ``held`` in hand: a database that is away for moments costs its copies no retry delay."""
        pause = _FIRST_PAUSE_FOR_CONTENT * 2**held.unread_times
        held.unread_times += 1
        asyncio.get_running_loop().call_later(pause, self._put_again, key, held)

    def _put_again(self, key: str, held: Held) -> None:
        if held.is_lost or self._is_stopping:
            return
        destination = self._destination(key)
        destination.put(held)
        self._staff(destination)

    def _learn(self, destination: Destination, carried: Carried | None) -> None:
        if carried is None:
            return
        now, feedback = asyncio.get_running_loop().time(), destination.feedback
        # A host that does not meet a demand for TLS is there; each copy has its own time to give up.
        if carried.reached or carried.tls_unmet:
            feedback.succeeded(now)
            self._silences.ended(destination.key)
            self._staff(destination)
            return
        destination.last_problem = carried.outcomes[0].reply
        feedback.failed(now)
        if feedback.is_dead:
            self._silences.began(destination.key, feedback.failures, feedback.quiet_until - now)

    def _hear(self) -> None:
        """Take over what other processes say of destinations, where we know no better."""
        now = asyncio.get_running_loop().time()
        for destination in list(self._destinations.values()):
            destination.feedback.heard(*self._silences.of(destination.key), now)
            self._staff(destination)

    def _settle(self, held: Held, settlement: Settlement) -> None:
        self._holding.finish(held)
        self._settler.add(settlement)

    async def _write_all(self, seconds: float) -> None:
        try:
            async with asyncio.timeout(seconds):
                await self._settler.idle()
        except TimeoutError:
            log.warning("outcomes stay in the delivery journal")


def _begun(*loops: Coroutine[Any, Any, None]) -> list[asyncio.Task[None]]:
    return [asyncio.create_task(loop) for loop in loops]


async def _ended(loops: list[asyncio.Task[None]]) -> None:
    for loop in loops:
        loop.cancel()
    await asyncio.gather(*loops, return_exceptions=True)

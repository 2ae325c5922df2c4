"""Second looks at what rests: before malware is released, and when rules are newer.

A suspected copy waits until a bundle that it was not looked at with has had its say: then it is
released or becomes malware, by itself.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import timedelta
from typing import Final
from uuid import UUID

import structlog

from lazaretto.core.decision import Judgement
from lazaretto.core.errors import LazarettoError
from lazaretto.core.events import Event
from lazaretto.core.findings import Verdict
from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.pipeline.asking import Asker
from lazaretto.spool.content_reading import ContentReader
from lazaretto.spool.intake import discard
from lazaretto.spool.malware_telling import malware_found
from lazaretto.spool.quarantine import Quarantine
from lazaretto.spool.releasing import APPROVED, LOOKING, WAITING, Releases
from lazaretto.spool.resting import RestingMessage, RestingMessages
from lazaretto.spool.timing import Clock, utc_now

log = structlog.get_logger(__name__)

LOOK_EVERY: Final = 0.5
AT_ONCE: Final = 20
BY_ITSELF: Final = "a newer bundle"


class SecondLooks:
    """Looks at what was asked for, and at what is suspected and was not looked at with this bundle."""

    def __init__(
        self,
        pool: Pool,
        quarantine: Quarantine,
        reader: ContentReader,
        asker: Asker,
        *,
        bundle: Callable[[], str],
        keep_malware: timedelta,
        clock: Clock = utc_now,
    ) -> None:
        """``bundle`` says which one the scan workers work with."""
        self._resting = RestingMessages(pool)
        self._quarantine = quarantine
        self._releases = Releases(pool, quarantine, clock=clock)
        self._reader = reader
        self._asker = asker
        self._bundle = bundle
        self._keep_malware = keep_malware
        self._clock = clock

    async def run(self) -> None:
        """Work until cancelled."""
        while True:
            if not await self.look_once():
                await asyncio.sleep(LOOK_EVERY)

    async def look_once(self) -> int:
        """Do what is due; return how many copies were dealt with."""
        return await self._look_at_requests() + await self._look_at_suspected()

    async def _look_at_requests(self) -> int:
        for request in await self._releases.list(states=[APPROVED], limit=AT_ONCE):
            # Approved by a process that died before it could release.
            await self._releases.complete(request, request.decided_by)
        requests = await self._releases.list(states=[LOOKING], limit=AT_ONCE)
        done = 0
        for request in requests:
            judgement = await self._look(request.quarantine)
            if judgement is None:
                continue
            bundle = judgement.versions.get("bundle", "")
            await self._releases.note_second_look(request, judgement.verdict.value, bundle)
            done += 1
            if request.alone:
                (looked_at,) = await self._releases.list(ids=[request.id], states=[WAITING])
                await self._releases.approve(looked_at, by=request.requested_by, reason=request.reason)
        return done

    async def _look_at_suspected(self) -> int:
        bundle = self._bundle()
        done = 0
        for identity, looked_at in await self._resting.suspected_behind(bundle, AT_ONCE):
            row = await self._resting.find(identity)
            if row is None:
                continue
            if looked_at:
                done += await self._decide(row)
            else:
                # The look that suspected it was by this bundle: it waits for a newer one.
                await self._resting.note_suspected(row, bundle, self._clock())
        return done

    async def _decide(self, row: RestingMessage) -> int:
        judgement = await self._look(row.id)
        if judgement is None:
            return 0
        bundle = judgement.versions.get("bundle", "")
        if judgement.verdict is Verdict.MALWARE:
            await self._convict(row, judgement)
            log.info("suspected message convicted", message=str(row.message), bundle=bundle)
        else:
            told = {"second_look": judgement.verdict.value, "looked_with": bundle}
            await self._quarantine.release([row.id], by=BY_ITSELF, told=told, approved=True)
            log.info("suspected message released", message=str(row.message), bundle=bundle)
        return 1

    async def _convict(self, row: RestingMessage, judgement: Judgement) -> None:
        now, tenant = self._clock(), TenantId(row.tenant)

        def event() -> Event | None:
            submission = row.submission(None)
            return malware_found(submission, judgement, tenant, (), (), now, "", pen=str(row.id))

        await self._resting.convict(row, event, self._keep_malware, now)

    async def _look(self, identity: UUID) -> Judgement | None:
        """Return what a look says now; None when the copy has left, or nobody can look at the moment."""
        row = await self._resting.find(identity)
        if row is None:
            return None
        try:
            content = await self._reader.fetch(row.content)
        except LazarettoError as failure:
            log.error("content cannot be read for its look", message=str(row.message), problem=str(failure))
            return None
        try:
            return await self._asker.look_patiently(row.submission(content))
        except LazarettoError as failure:
            log.warning("could not look", message=str(row.message), problem=str(failure))
            return None
        finally:
            discard(content)

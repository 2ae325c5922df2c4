"""Operators are told what is wrong with looking on this machine."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

import structlog

from lazaretto.db.sql import query
from lazaretto.intelligence.machine_troubles import MachineTroubles
from lazaretto.run.account_tables import are_made
from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.naming import host_name
from lazaretto.run.operator_letters import Told, after_telling, due, letter
from lazaretto.run.trouble_texts import in_all_languages
from lazaretto.run.troubles import those_that_matter, troubles
from lazaretto.run.writing_to import tenant_writing_to

log = structlog.get_logger(__name__)


class TellingOperators:
    """Writes to operators about rules left out, detectors that fail and workers that die."""

    card: ClassVar = JobCard(
        name="telling-operators",
        summary="Tells operators of rules left out, detectors that fail and scan workers that die",
        failure="Operators learn from `lazaretto doctor` only which rules and detectors do not work",
        every=timedelta(seconds=20),
    )

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._file = shop.home.troubles_told

    async def work(self, now: datetime) -> None:
        """Show what is wrong at ``now``, and write to every operator what is new; once an hour at most."""
        told, known = Told.in_file(self._file), troubles(self._shop.home.troubles)
        ours = host_name(self._shop.settings)
        shown = tuple(map(in_all_languages, those_that_matter(known, now)))
        await MachineTroubles(self._shop.control).tell(self._shop.room.node.number, ours, shown, now)
        news = due(known, told, now)
        if not news or not await are_made(self._shop.control):
            return
        name = self._shop.settings.delivery.operators_tenant
        letters = [
            letter(
                news,
                address=address,
                language=language,
                tenant=tenant,
                node=ours,
                now=now,
                host_name=ours,
            )
            for address, language in await self._operators()
            if (tenant := tenant_writing_to(address, self._shop.room.directory, name)) is not None
        ]
        for each in letters:
            await self._shop.commit(each)
        if not letters:
            log.warning("no operator can be written to", troubles=len(news))
        else:
            # Without anybody to tell it is news until there is somebody.
            log.info("operators told", troubles=len(news), letters=len(letters))
            after_telling(news, told, now).note(self._file)

    async def _operators(self) -> list[tuple[str, str]]:
        async with self._shop.control.connection() as connection:
            cursor = await connection.execute(query("lazaretto.run", "operators"))
            return [(str(address), str(language)) for address, language in await cursor.fetchall()]

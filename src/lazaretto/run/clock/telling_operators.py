"""Operators are told what is wrong with looking on this machine."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

import structlog

from lazaretto.db.sql import query
from lazaretto.intelligence.bundle_store import BundleStore
from lazaretto.intelligence.machine_troubles import MachineTroubles
from lazaretto.run.account_tables import are_made
from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.naming import host_name
from lazaretto.run.operator_letters import Told, after_telling, due, letter
from lazaretto.run.trouble_texts import in_all_languages
from lazaretto.run.troubles import Trouble, those_that_matter, trouble_in, troubles_of
from lazaretto.run.writing_to import tenant_writing_to

log = structlog.get_logger(__name__)


class TellingOperators:
    """Writes to operators about rules left out, detectors that fail, workers that die and bad bundles."""

    card: ClassVar = JobCard(
        name="telling-operators",
        summary="Tells operators of rules left out, failing detectors, dying workers and refused bundles",
        failure="Operators learn from `lazaretto doctor` only which rules and detectors do not work",
        every=timedelta(seconds=20),
    )

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop
        self._file = shop.home.troubles_told

    async def work(self, now: datetime) -> None:
        """Show what is wrong at ``now``, and write to every operator what is new; once an hour at most."""
        told = Told.in_file(self._file)
        known = (*troubles_of(self._shop.home), *await self._bundle_not_taken(now))
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

    async def _bundle_not_taken(self, now: datetime) -> tuple[Trouble, ...]:
        """Return that this machine refuses the bundle in force, as long as it does."""
        ours = str(self._shop.room.node.number)
        found = [
            trouble_in({"event": "bundle refused", "bundle": "in force", "problem": each.problem}, now)
            for each in await BundleStore(self._shop.control).nodes()
            if each.node == ours and each.problem
        ]
        return tuple(filter(None, found))

    async def _operators(self) -> list[tuple[str, str]]:
        async with self._shop.control.connection() as connection:
            cursor = await connection.execute(query("lazaretto.run", "operators"))
            return [(str(address), str(language)) for address, language in await cursor.fetchall()]

"""Bundles that the operator's source has, fetched when they are newer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

import structlog

from lazaretto.intelligence.bundle_store import BundleStore
from lazaretto.run.fetching import fetch_newest
from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.troubles import Kind, Notebook

log = structlog.get_logger(__name__)


class FetchingBundles:
    """Looks at ``bundles.source`` as often as ``bundles.fetch_every`` says."""

    card: ClassVar = JobCard(
        name="fetching-bundles",
        summary="Fetches signed bundles from their source and installs newer ones",
        failure="Rules, lists and hashes of malware grow old",
        every=timedelta(seconds=5),
        alone=True,
    )

    def __init__(self, shop: Workshop) -> None:
        self._home = shop.home
        self._settings = shop.settings.bundles
        self._store = BundleStore(shop.control)
        self._notebook = Notebook(shop.home.bundle_troubles, shop.home.slow_rules)

    async def work(self, now: datetime) -> None:
        """Look at the source if it is time again, whichever machine looked last."""
        source = self._settings.source
        if not source:
            return
        last = await self._store.last_fetch(source)
        if last is not None and now - last.looked_at < timedelta(seconds=self._settings.fetch_every):
            return
        fetch = await fetch_newest(self._home, self._store, self._settings, now)
        if fetch.problem:
            log.warning("no bundle could be fetched", source=source, problem=fetch.problem)
        if not fetch.problem:
            self._notebook.settle(Kind.BUNDLE)
        elif fetch.is_refused:
            self._notebook.take({"event": "bundle refused", "bundle": source, "problem": fetch.problem})

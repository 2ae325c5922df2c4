"""Reports that other operators asked for: TLS and DMARC."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar

from lazaretto.delivery.report_store import ReportStore
from lazaretto.journal.dmarc_counts import DmarcCounts
from lazaretto.run.dmarc_reports import dmarc_reporter
from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.naming import resolver_of
from lazaretto.run.tls_reporting import send_reports, tls_reporter


class ReportingToOthers:
    """Sends the reports that are due (RFC 8460, RFC 9990)."""

    card: ClassVar = JobCard(
        name="reporting-to-others",
        summary="Sends TLS and DMARC reports to the domains that ask for them",
        failure="Other operators get their reports late",
        every=timedelta(minutes=10),
    )

    def __init__(self, shop: Workshop) -> None:
        settings, resolver = shop.settings, resolver_of(shop.settings, shop.options)
        self._wanted = settings.delivery
        self._tls = tls_reporter(settings, ReportStore(shop.trace), resolver, shop.commit)
        self._dmarc = dmarc_reporter(settings, DmarcCounts(shop.trace), resolver, shop.commit)

    async def work(self, now: datetime) -> None:
        """Send what is due at ``now``."""
        if self._wanted.tls_reports:
            await send_reports(self._tls)
        if self._wanted.dmarc_reports:
            await self._dmarc.send_due(now)

"""The DMARC reports of this platform: in whose name they go out."""

from __future__ import annotations

from lazaretto.core.facts import Resolver
from lazaretto.delivery.daily import Commit
from lazaretto.delivery.dmarc_report import Reporter
from lazaretto.delivery.dmarc_reporting import DmarcReporter
from lazaretto.journal.dmarc_counts import DmarcCounts
from lazaretto.run.naming import host_name
from lazaretto.run.settings import Settings


def dmarc_reporter(
    settings: Settings, counts: DmarcCounts, resolver: Resolver, commit: Commit
) -> DmarcReporter:
    """Return what sends this platform's DMARC reports."""
    delivery, name = settings.delivery, host_name(settings).lower()
    reporter = Reporter(
        submitter=name,
        organization=delivery.tls_report_organization or name,
        contact=delivery.dmarc_report_author or f"dmarc-reports@{name}",
    )
    return DmarcReporter(counts, resolver, commit, reporter)

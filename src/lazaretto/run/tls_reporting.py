"""TLS reports of a machine: what deliver counts is stored each minute, jobs sends reports each day."""

from __future__ import annotations

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Final

import structlog

from lazaretto.core.errors import LazarettoError
from lazaretto.core.facts import Resolver
from lazaretto.delivery.daily import Commit
from lazaretto.delivery.networks import Networks
from lazaretto.delivery.report_post import ReportPost
from lazaretto.delivery.report_store import ReportStore
from lazaretto.delivery.tls_reporting import Signature, TlsReporter
from lazaretto.delivery.tls_reports import TlsReports
from lazaretto.run.naming import host_name
from lazaretto.run.settings import Settings

log = structlog.get_logger(__name__)

STORE_EVERY: Final = 60.0


async def keep_tls_counts(reports: TlsReports, store: ReportStore) -> None:
    """Store counters every minute and at the end, until cancelled; a crash loses a minute of them."""
    try:
        while True:
            await asyncio.sleep(STORE_EVERY)
            await _store(reports, store)
    finally:
        await asyncio.shield(_store(reports, store))


async def _store(reports: TlsReports, store: ReportStore) -> None:
    with suppress(LazarettoError):
        # All of them: what is counted later on the same day is added.
        await reports.store(store, datetime.now(UTC).date() + timedelta(days=1))


def tls_reporter(settings: Settings, store: ReportStore, resolver: Resolver, commit: Commit) -> TlsReporter:
    """Return what sends this platform's reports."""
    delivery, name = settings.delivery, host_name(settings).lower()
    networks = Networks(delivery.refused_mx_networks)
    signature = Signature(
        submitter=name,
        organization=delivery.tls_report_organization or name,
        contact=delivery.tls_report_contact or f"postmaster@{name}",
        author=delivery.tls_report_author or f"tls-reports@{name}",
    )
    post = ReportPost(resolver, may_call=lambda ip: not networks.hold(ip), ca_file=delivery.ca_file)
    return TlsReporter(store, resolver, commit, post, signature)


async def send_reports(reporter: TlsReporter) -> None:
    """Send what is due."""
    sent = await reporter.send_due(datetime.now(UTC))
    if sent:
        log.info("TLS reports sent", domains=sent)

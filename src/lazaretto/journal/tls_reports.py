"""What is known of TLS with others: our counters and reports, and the reports that others sent."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from psycopg.rows import class_row

from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query

_PACKAGE: Final = "lazaretto.journal"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceivedTlsReport:
    """What an organisation counted of its mail to a tenant's domain, under one policy."""

    tenant: TenantId
    domain: str
    organization: str
    report: str
    policy: str
    began: datetime
    ended: datetime
    signed_by: str
    """Domains whose signatures are good; empty = anybody may have written it."""
    successful: int
    failed: int
    failures: list[dict[str, Any]]


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsSessions:
    """What we counted of our mail to a domain on a day, under one policy."""

    day: date
    domain: str
    policy: str
    successful: int
    failed: int
    reports: list[str]
    """What became of our reports about that day, each with its target."""


async def received_tls_reports(
    trace: Pool, tenant: TenantId | None, *, domain: str | None = None, wanted: int = 100
) -> list[ReceivedTlsReport]:
    """Return the reports about domains of ``tenant``, newest first; None = everybody's, for operators."""
    parameters = {"tenant": tenant, "domain": domain, "wanted": wanted}
    async with trace.connection() as connection:
        cursor = connection.cursor(row_factory=class_row(ReceivedTlsReport))
        await cursor.execute(query(_PACKAGE, "list_tls_reports"), parameters)
        return await cursor.fetchall()


async def tls_sessions(trace: Pool, *, domain: str | None = None, wanted: int = 100) -> list[TlsSessions]:
    """Return our counters, newest day first; for operators, as they are of all tenants together."""
    async with trace.connection() as connection:
        cursor = connection.cursor(row_factory=class_row(TlsSessions))
        await cursor.execute(query(_PACKAGE, "list_tls_sessions"), {"domain": domain, "wanted": wanted})
        return await cursor.fetchall()

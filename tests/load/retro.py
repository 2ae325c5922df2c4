"""Retro-scan over a million delivered messages: how long it takes to find those with a bad trait.

A thousand whole traits and a hundred patterns with ``*``, timed by themselves.
"""

from __future__ import annotations

import asyncio
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from lazaretto.core.indicators import IndicatorKind
from lazaretto.db.migrate import create_database, migrate
from lazaretto.db.partitions import Span, ensure
from lazaretto.db.pool import Pool
from lazaretto.db.server import EmbeddedServer
from lazaretto.journal.late_matching import BadTrait, LateMatcher
from lazaretto.journal.tables import FEATURE, MESSAGE, RECIPIENT

RETRO_SCAN = "retro-scan"
MESSAGES = 1_000_000
TRAITS = 1_000
PATTERNS = 100
AFFECTED = 1_000
DAYS = 30
_FILL = (
    """
    INSERT INTO feature (received_at, tenant, message, digests, names, subject)
    SELECT %(now)s::timestamptz - make_interval(secs => series.number * 2.5), 1 + series.number %% 50, id,
           (SELECT array_agg((random() * 9e18)::bigint + 0 * filler.number * series.number)
            FROM generate_series(1, 30) AS filler (number))
           || CASE WHEN series.number %% %(every)s = 0 THEN %(bad)s::bigint[] ELSE '{}' END,
           ARRAY['report-' || left(id::text, 8) || '.pdf']
           || CASE WHEN series.number %% %(every)s = 0 THEN ARRAY['invoice-7-' || id] ELSE '{}' END,
           'minutes of the meeting about ' || id
    FROM generate_series(1, %(count)s) AS series (number),
         LATERAL (SELECT gen_random_uuid() AS id, series.number AS each) AS given
    """,
    """
    INSERT INTO trace_message (
        received_at, tenant, message, direction, sender, subject, message_id, size, terms
    )
    SELECT received_at, tenant, message, 'inbound', 'ann@partner.example',
           'minutes of the meeting about ' || message, '<a@b.example>', 10000,
           ARRAY[
               'd:customer.example', 'f:ann@partner.example', 'f:partner.example', 'u:www.partner.example',
               'u:partner.example', 'a:report-' || left(message::text, 8) || '.pdf', 'a:.pdf', 's:SPF_PASS',
               's:DKIM_PASS', 's:LINK'
           ]
    FROM feature
    """,
    """
    INSERT INTO trace_recipient (received_at, tenant, message, address, folded, domain, place)
    SELECT received_at, tenant, message, 'bob@customer.example', 'bob@customer.example', 'customer.example',
           'delivered'
    FROM feature
    """,
)


def retro_scan(messages: int = MESSAGES) -> dict[str, object]:
    """Fill a trace with ``messages`` of thirty days and match new traits and patterns against it."""
    with tempfile.TemporaryDirectory(prefix="lz-retro-") as folder:
        Path(folder).chmod(0o711)
        server = EmbeddedServer(Path(folder))
        server.start()
        try:
            create_database(server.dsn("postgres"), "trace")
            migrate(server.dsn("trace"), "trace")
            return asyncio.run(_measured(server.dsn("trace"), messages))
        finally:
            server.stop()


async def _measured(dsn: str, messages: int) -> dict[str, object]:
    now = datetime.now(UTC)
    traits = [
        BadTrait(IndicatorKind.URL, f"bad{number}.example/x", f"indicator #{number}")
        for number in range(TRAITS)
    ]
    pool = Pool(dsn, 1)
    days = [Span.DAY.start_of(now - timedelta(days=day)) for day in range(DAYS + 1)]
    for table in (FEATURE, MESSAGE, RECIPIENT):
        async with pool.transaction() as connection:
            await ensure(connection, table, sorted(days))
    (bad, *_) = traits[7].digests
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in _FILL:
            parameters = {"now": now, "count": messages, "bad": [bad], "every": max(messages // AFFECTED, 1)}
            connection.execute(statement, parameters if "%(" in statement else None)  # type: ignore[arg-type]
        size = connection.execute(
            "SELECT sum(pg_total_relation_size(inhrelid)) FROM pg_inherits"
            " WHERE inhparent = 'feature'::regclass"
        ).fetchone()
    began = time.monotonic()
    found = await LateMatcher(pool).matches(traits, now - timedelta(days=DAYS))
    seconds = time.monotonic() - began
    patterns = [
        BadTrait(kind, f"invoice-{number}-*", f"pattern #{number}")
        for number in range(PATTERNS // 2)
        for kind in (IndicatorKind.ATTACHMENT_NAME, IndicatorKind.SUBJECT)
    ]
    began = time.monotonic()
    spelt = await LateMatcher(pool).matches(patterns, now - timedelta(days=DAYS))
    seconds_of_patterns = time.monotonic() - began
    await pool.close()
    assert size is not None
    return {
        "workload": RETRO_SCAN,
        "messages": messages,
        "traits": TRAITS,
        "found": len(found),
        "seconds": round(seconds, 2),
        "patterns": len(patterns),
        "found_by_patterns": len(spelt),
        "seconds_of_patterns": round(seconds_of_patterns, 2),
        "octets_per_message": round(int(size[0]) / messages),
    }

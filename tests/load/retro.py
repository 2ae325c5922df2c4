"""Retro-scan over a million delivered messages: how long it takes to find those with a bad trait."""

from __future__ import annotations

import asyncio
import struct
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg

from lazaretto.core.indicators import IndicatorKind, trait_digest
from lazaretto.db.migrate import create_database, migrate
from lazaretto.db.partitions import Span, ensure
from lazaretto.db.pool import Pool
from lazaretto.db.server import EmbeddedServer
from lazaretto.journal.late_matching import BadTrait, LateMatcher
from lazaretto.journal.tables import FEATURE, MESSAGE, RECIPIENT

RETRO_SCAN = "retro-scan"
MESSAGES = 1_000_000
TRAITS = 1_000
AFFECTED = 1_000
DAYS = 30
_FILL = (
    """
    INSERT INTO feature (received_at, tenant, message, digests)
    SELECT %(now)s::timestamptz - make_interval(secs => series.number * 2.5), 1 + series.number %% 50,
           gen_random_uuid(),
           (SELECT array_agg((random() * 9e18)::bigint + 0 * filler.number * series.number)
            FROM generate_series(1, 14) AS filler (number))
           || CASE WHEN series.number %% %(every)s = 0 THEN %(bad)s::bigint[] ELSE '{}' END
    FROM generate_series(1, %(count)s) AS series (number)
    """,
    """
    INSERT INTO trace_message (received_at, tenant, message, direction, sender, subject, message_id, size)
    SELECT received_at, tenant, message, 'inbound', 'ann@partner.example', 'minutes', '<a@b.example>', 10000
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
    """Fill a trace with ``messages`` of thirty days and match a thousand new traits against it."""
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
    (bad,) = struct.unpack("!q", trait_digest(traits[7].kind, traits[7].value))
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
    await pool.close()
    assert size is not None
    return {
        "workload": RETRO_SCAN,
        "messages": messages,
        "traits": TRAITS,
        "found": len(found),
        "seconds": round(seconds, 2),
        "octets_per_message": round(int(size[0]) / messages),
    }

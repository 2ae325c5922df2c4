"""Filling the trace of one tenant with millions of messages of the last month, for measurements.

Rows are made by SQL, not sent: what is measured is what reads them.  Numbers are spread by multiplication
with primes, so that every search meets some mail of every hour, and no two fields go together.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, LiteralString

import psycopg
from psycopg import sql

from lazaretto.db.partitions import ensure
from lazaretto.db.pool import Pool
from lazaretto.journal.tables import EVENT, MESSAGE, RECIPIENT

DAYS: Final = 30
_BATCH: Final = 100_000
_TABLES: Final = ("trace_message", "trace_recipient", "event")

_NUMBERED: Final = """
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
CROSS JOIN LATERAL (
    SELECT (n * 7919) %% 10007 AS k,
           %(domains)s::text[] AS domains
) AS mixed
CROSS JOIN LATERAL (
    SELECT domains[1 + n %% cardinality(domains)] AS own,
           'user' || (n * 11) %% 40000 || '@sender' || (n * 7) %% 9000 || '.example' AS stranger
) AS named
CROSS JOIN LATERAL (
    SELECT 'u' || (n * 19) %% 50000 || '@' || own AS person, k %% 5 = 3 AS goes_out
) AS made
"""
_MESSAGES: Final = (
    """
INSERT INTO trace_message (
    received_at, tenant, message, direction, sender, sender_folded, sender_domain, subject, message_id,
    client_ip, size, verdict, score, reply, terms
)
SELECT
    %(start)s + n * %(step)s::interval, %(tenant)s, uuid_of(n),
    CASE WHEN goes_out THEN 'outbound' ELSE 'inbound' END,
    sender, sender, split_part(sender, '@', 2),
    'Invoice ' || n || ' of ' || (n * 7919) %% 100003 || ' for ' || md5(n::text),
    '<' || md5(n::text) || '@sender.example>',
    ('10.' || (n * 31) %% 256 || '.' || (n * 17) %% 256 || '.' || n %% 256)::inet,
    1000 + n %% 90000,
    CASE WHEN k = 0 THEN 'malware' WHEN k %% 500 = 1 THEN 'phishing' WHEN k %% 4 = 0 THEN 'spam'
         WHEN k %% 11 = 1 THEN 'bulk' ELSE 'clean' END,
    (k %% 100) / 10.0, '250 2.0.0 Queued',
    ARRAY[
        'd:' || own, 'f:' || sender, 'f:' || split_part(sender, '@', 2),
        'p:mx' || (n * 13) %% 5000 || '.provider.example', 'p:provider.example',
        'a:report-' || (n * 29) %% 20000 || '.pdf', 'a:.pdf', 'h:' || md5((n * 3)::text) || md5(n::text),
        'u:host' || (n * 37) %% 30000 || '.web.example', 's:SYMBOL_' || (n * 41) %% 60,
        's:RARE_' || n %% 5000, 'o:antispam.spam'
    ]
"""
    + _NUMBERED
    + "CROSS JOIN LATERAL (SELECT CASE WHEN goes_out THEN person ELSE stranger END AS sender) AS sent"
)
_RECIPIENTS: Final = (
    """
INSERT INTO trace_recipient (
    received_at, tenant, message, address, folded, domain, place, disposition, attempts, settled_at, remote,
    reply
)
SELECT
    %(start)s + n * %(step)s::interval, %(tenant)s, uuid_of(n), address, address, split_part(address, '@', 2),
    CASE WHEN k = 0 THEN 'deleted' WHEN k %% 4 = 0 THEN 'quarantined' WHEN k %% 3001 = 1 THEN 'bounced'
         WHEN k %% 7 = 1 THEN 'refused' ELSE 'delivered' END,
    CASE WHEN k = 0 THEN 'delete' WHEN k %% 4 = 0 THEN 'quarantine' WHEN k %% 7 = 1 THEN 'reject'
         ELSE 'deliver' END,
    1, %(start)s + n * %(step)s::interval, 'mx' || (n * 43) %% 40 || '.customer.example', '250 ok'
"""
    + _NUMBERED
    + "CROSS JOIN LATERAL (SELECT CASE WHEN goes_out THEN stranger ELSE person END AS address) AS sent"
)
_EVENTS: Final = """
INSERT INTO event (at, seq, tenant, message, kind, recipients, details)
SELECT %(start)s + n * %(step)s::interval, %(seq)s - n, %(tenant)s, uuid_of(n), 'scanned', '{}',
       '{"verdict": "clean", "score": 1.5, "findings": [{"symbol": "SYMBOL_1", "score": 1.5}]}'
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
_STEPS: Final[Sequence[LiteralString]] = (_MESSAGES, _RECIPIENTS, _EVENTS)
_BELOW_ALL: Final = -1
"""Numbers of events that were shipped are positive."""


async def fill(dsn: str, count: int, *, tenant: int, domains: Sequence[str]) -> None:
    """Write ``count`` messages of thirty days into the trace at ``dsn``."""
    start = datetime.now(UTC) - timedelta(days=DAYS - 1)
    step = timedelta(days=DAYS - 1) / count
    await _make_partitions(dsn, start)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET maintenance_work_mem = '512MB'")
        connection.execute(
            "CREATE OR REPLACE FUNCTION pg_temp.uuid_of(bigint) RETURNS uuid LANGUAGE sql IMMUTABLE"
            " AS $$ SELECT (lpad(to_hex($1), 12, '0') || substr(md5($1::text), 1, 20))::uuid $$"
        )
        # Built at once afterwards: many times faster than row by row.
        indexes = _taken_down(connection)
        given = {"start": start, "step": step, "tenant": tenant, "domains": list(domains), "seq": _BELOW_ALL}
        for first in range(0, count, _BATCH):
            numbers = {**given, "first": first, "last": min(first + _BATCH, count) - 1}
            for text in _STEPS:
                connection.execute(text.replace("uuid_of(", "pg_temp.uuid_of("), numbers)
            sys.stderr.write(f"{first + _BATCH:>10,} messages\n")
        for index in indexes:
            connection.execute(index.encode())
            sys.stderr.write(f"{index}\n")
        connection.execute("VACUUM (ANALYZE)")
        connection.execute(
            "INSERT INTO traffic_to_count SELECT DISTINCT tenant, date_trunc('hour', received_at, 'UTC')"
            " FROM trace_message ON CONFLICT DO NOTHING"
        )


async def _make_partitions(dsn: str, start: datetime) -> None:
    pool = Pool(dsn, 1)
    async with pool.transaction() as connection:
        days = [start + timedelta(days=day) for day in range(-1, DAYS + 1)]
        midnights = [each.replace(hour=0, minute=0, second=0, microsecond=0) for each in days]
        for table in (MESSAGE, RECIPIENT, EVENT):
            await ensure(connection, table, midnights)
    await pool.close()


def _taken_down(connection: psycopg.Connection[tuple[object, ...]]) -> list[str]:
    """Drop the indexes that are not keys; return how they are made again."""
    found = connection.execute(
        "SELECT indexname, indexdef FROM pg_indexes"
        " WHERE tablename = ANY (%s) AND indexname NOT LIKE '%%_pkey'",
        [list(_TABLES)],
    ).fetchall()
    for name, _ in found:
        connection.execute(sql.SQL("DROP INDEX {}").format(sql.Identifier(str(name))))
    # On the parent alone, as it is said, they would not reach the partitions.
    return [str(definition).replace(" ON ONLY ", " ON ") for _, definition in found]

"""How long Track and Trace takes to find messages among millions.

    python -m tests.load.trace [--messages N]

Fills the trace of one tenant with thirty days of mail and asks what people ask: each search several times,
with other values each time, for the first page of fifty stories, as the page does.  Times are of the
clock; who shares the machine with others reads them as an upper bound.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import shutil
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Final

import psycopg

from lazaretto.core.identity import TenantId
from lazaretto.db.migrate import prepare
from lazaretto.db.partitions import ensure
from lazaretto.db.pool import Pool
from lazaretto.db.server import EmbeddedServer
from lazaretto.journal.search import Search
from lazaretto.journal.tables import EVENT, MESSAGE, RECIPIENT
from lazaretto.journal.trace import Trace
from lazaretto.journal.traffic_counts import TrafficCounts

TENANT: Final = TenantId(1)
DAYS: Final = 30
TRACE_SEARCHES: Final = "trace-searches"
MESSAGES: Final = 1_000_000
REPEATS: Final = 10

# Numbers are spread by multiplication with primes, so that every search meets some mail of every hour.
FILL_MESSAGES: Final = """
INSERT INTO trace_message (
    received_at, tenant, message, direction, sender, sender_folded, sender_domain, subject, message_id,
    client_ip, size, verdict, score, reply, terms
)
SELECT
    %(start)s + n * %(step)s::interval, 1, uuid_of(n),
    CASE WHEN n %% 5 = 0 THEN 'outbound' ELSE 'inbound' END,
    sender, sender, split_part(sender, '@', 2),
    'Invoice ' || n || ' of ' || (n * 7919) %% 100003 || ' for ' || md5(n::text),
    '<' || md5(n::text) || '@sender.example>',
    ('10.' || (n * 31) %% 256 || '.' || (n * 17) %% 256 || '.' || n %% 256)::inet,
    1000 + n %% 90000,
    CASE WHEN n %% 10000 = 0 THEN 'malware' WHEN n %% 500 = 0 THEN 'phishing' WHEN n %% 4 = 0 THEN 'spam'
         WHEN n %% 11 = 0 THEN 'bulk' ELSE 'clean' END,
    (n %% 100) / 10.0, '250 2.0.0 Queued',
    ARRAY[
        'd:d' || n %% 20 || '.customer.example', 'f:' || sender, 'f:' || split_part(sender, '@', 2),
        'p:mx' || (n * 13) %% 5000 || '.provider.example', 'p:provider.example',
        'a:report-' || (n * 29) %% 20000 || '.pdf', 'a:.pdf', 'h:' || md5((n * 3)::text) || md5(n::text),
        'u:host' || (n * 37) %% 30000 || '.web.example', 's:SYMBOL_' || n %% 60, 's:RARE_' || n %% 5000,
        'o:antispam.spam'
    ]
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
CROSS JOIN LATERAL (
    SELECT 'user' || (n * 11) %% 40000 || '@sender' || (n * 7) %% 9000 || '.example' AS sender
) AS made
"""
FILL_RECIPIENTS: Final = """
INSERT INTO trace_recipient (
    received_at, tenant, message, address, folded, domain, place, disposition, attempts, settled_at, remote,
    reply
)
SELECT
    %(start)s + n * %(step)s::interval, 1, uuid_of(n), address, address,
    'd' || n %% 20 || '.customer.example',
    CASE WHEN n %% 10000 = 0 THEN 'deleted' WHEN n %% 4 = 0 THEN 'quarantined'
         WHEN n %% 3001 = 0 THEN 'bounced'
         WHEN n %% 7 = 0 THEN 'refused' ELSE 'delivered' END,
    CASE WHEN n %% 10000 = 0 THEN 'delete' WHEN n %% 4 = 0 THEN 'quarantine' WHEN n %% 7 = 0 THEN 'reject'
         ELSE 'deliver' END,
    1, %(start)s + n * %(step)s::interval, 'mx' || n %% 40 || '.customer.example', '250 ok'
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
CROSS JOIN LATERAL (
    SELECT 'u' || (n * 19) %% 50000 || '@d' || n %% 20 || '.customer.example' AS address
) AS made
"""
FILL_EVENTS: Final = """
INSERT INTO event (at, seq, tenant, message, kind, recipients, details)
SELECT %(start)s + n * %(step)s::interval, n, 1, uuid_of(n), 'scanned', '{}',
       '{"verdict": "clean", "score": 1.5, "findings": [{"symbol": "SYMBOL_1", "score": 1.5}]}'
FROM generate_series(%(first)s::bigint, %(last)s::bigint) AS n
"""
_BATCH: Final = 100_000


def searches(count: int) -> Iterator[tuple[str, Callable[[], dict[str, Any]]]]:
    """Yield what people ask, by name; each call asks for something else."""

    def n() -> int:
        return random.randrange(1, count)

    def day() -> dict[str, datetime]:
        since = datetime.now(UTC) - timedelta(days=random.randrange(2, DAYS))
        return {"since": since, "until": since + timedelta(days=1)}

    yield "nothing but the latest", dict
    yield "time", day
    yield "direction", lambda: {"direction": "outbound", **day()}
    yield "envelope sender", lambda: {"sender": f"user{n() % 40000}@sender{n() % 9000}.example"}
    yield "sender's domain", lambda: {"sender": f"sender{n() % 9000}.example"}
    yield "author", lambda: {"author": f"sender{n() % 9000}.example"}
    yield "recipient", lambda: {"recipient": f"u{n() % 50000}@d{n() % 20}.customer.example"}
    yield "subject", lambda: {"subject": f"of {n() % 100003} for"}
    yield "subject nobody has", lambda: {"subject": f"zzz{n()}qqq"}
    yield "message id", lambda: {"message_id": f"{n():x}@sender.example"}
    yield "client", lambda: {"client_ip": f"10.{n() % 256}.{n() % 256}.{n() % 256}"}
    yield "network", lambda: {"client_ip": f"10.{n() % 256}.{n() % 256}.0/24"}
    yield "client's name", lambda: {"client_name": f"mx{n() % 5000}.provider.example"}
    yield "attachment", lambda: {"attachment": f"report-{n() % 20000}.pdf"}
    yield "ending of every attachment", lambda: {"attachment": ".pdf"}
    yield "digest nobody has", lambda: {"sha256": f"{n():064x}"}
    yield "host", lambda: {"host": f"host{n() % 30000}.web.example"}
    yield "frequent verdict", lambda: {"verdict": "spam"}
    yield "rare verdict", lambda: {"verdict": "malware"}
    yield "frequent symbol", lambda: {"symbol": f"SYMBOL_{n() % 60}"}
    yield "rare symbol", lambda: {"symbol": f"RARE_{n() % 5000}"}
    yield "frequent place", lambda: {"place": "quarantined"}
    yield "rare place", lambda: {"place": "bounced"}
    yield "place nothing is at", lambda: {"place": "held"}
    yield "rare disposition", lambda: {"disposition": "delete"}
    yield "policy", lambda: {"policy": "antispam.spam"}
    yield "next hop", lambda: {"remote": f"mx{n() % 40}.customer.example"}
    yield "next hop nobody has", lambda: {"remote": "mx.nowhere.example"}
    yield (
        "one domain's quarantine",
        lambda: {"domain": f"d{n() % 20}.customer.example", "place": "quarantined"},
    )
    yield "sender and verdict", lambda: {"sender": f"sender{n() % 9000}.example", "verdict": "spam"}
    yield "recipient and day", lambda: {"recipient": f"d{n() % 20}.customer.example", **day()}
    yield "host and verdict", lambda: {"host": f"host{n() % 30000}.web.example", "verdict": "phishing"}


async def fill(server: EmbeddedServer, count: int) -> None:
    """Write ``count`` messages of thirty days."""
    start = datetime.now(UTC) - timedelta(days=DAYS - 1)
    step = timedelta(days=DAYS - 1) / count
    pool = Pool(server.dsn("trace"), 1)
    async with pool.transaction() as connection:
        days = [start + timedelta(days=day) for day in range(-1, DAYS + 1)]
        midnights = [each.replace(hour=0, minute=0, second=0, microsecond=0) for each in days]
        for table in (MESSAGE, RECIPIENT, EVENT):
            await ensure(connection, table, midnights)
    await pool.close()
    with psycopg.connect(server.dsn("trace"), autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute(
            "CREATE FUNCTION uuid_of(bigint) RETURNS uuid LANGUAGE sql IMMUTABLE"
            " AS $$ SELECT (lpad(to_hex($1), 12, '0') || substr(md5($1::text), 1, 20))::uuid $$"
        )
        for first in range(0, count, _BATCH):
            numbers = {
                "start": start, "step": step, "first": first, "last": min(first + _BATCH, count) - 1
            }  # fmt: skip
            for text in (FILL_MESSAGES, FILL_RECIPIENTS, FILL_EVENTS):
                connection.execute(text.encode(), numbers)
            sys.stderr.write(f"{first + _BATCH:>10,} messages\n")
        connection.execute("VACUUM (ANALYZE)")
        connection.execute(
            "INSERT INTO traffic_to_count SELECT DISTINCT 1, date_trunc('hour', received_at, 'UTC')"
            " FROM trace_message"
        )


async def measure(server: EmbeddedServer, count: int) -> dict[str, list[float]]:
    """Return the milliseconds of each search and of the dashboard."""
    pool = Pool(server.dsn("trace"), 1)
    trace, counts = Trace(pool), TrafficCounts(pool)
    took: dict[str, list[float]] = {}
    for name, ask in searches(count):
        for _ in range(REPEATS):
            began = time.perf_counter()
            await trace.find(Search(tenant=TENANT, limit=51, **ask()))
            took.setdefault(name, []).append((time.perf_counter() - began) * 1_000)
    began = time.perf_counter()
    while await counts.count_once():
        pass
    took["counting every hour once"] = [(time.perf_counter() - began) * 1_000]
    until = datetime.now(UTC).replace(minute=0, second=0, microsecond=0) + timedelta(hours=1)
    for name, hours in (("dashboard 24 h", 24), ("dashboard 30 d", 720), ("dashboard 12 m", 8_760)):
        for _ in range(REPEATS):
            began = time.perf_counter()
            await counts.read(TENANT, until - timedelta(hours=hours), until)
            took.setdefault(name, []).append((time.perf_counter() - began) * 1_000)
    await pool.close()
    return took


def trace_searches(count: int = MESSAGES) -> dict[str, object]:
    """Fill, measure and return the figures of ``make bench``."""
    home = Path(tempfile.mkdtemp(prefix="lazaretto-bench-"))
    home.chmod(0o711)
    server = EmbeddedServer(home)
    server.start()
    try:
        prepare(server)
        asyncio.run(fill(server, count))
        took = asyncio.run(measure(server, count))
    finally:
        cluster = server.cluster
        server.stop()
        shutil.rmtree(cluster.data.parent, ignore_errors=True)
        shutil.rmtree(home, ignore_errors=True)
    searched = (times for name, times in took.items() if not name.startswith("counting"))
    every = sorted(each for times in searched for each in times)
    return {
        "workload": TRACE_SEARCHES,
        "messages": count,
        "p95_ms": round(every[int(len(every) * 0.95)]),
        "median_ms": {name: round(statistics.median(times), 1) for name, times in took.items()},
        "worst_ms": {name: round(max(times), 1) for name, times in took.items()},
    }


def main() -> None:
    """Fill, measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("--messages", type=int, default=MESSAGES)
    told = trace_searches(parser.parse_args().messages)
    sys.stdout.write(json.dumps(told, indent=1) + "\n")


if __name__ == "__main__":
    main()

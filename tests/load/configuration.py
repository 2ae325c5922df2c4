"""Figures of tenants' configuration: RCPT, judging, memory, a change in force, the time machine.

    python -m tests.load.configuration [rcpt | judge | force | backtest] [--scale N]

CPU times are of this process; the time of a change is by the clock, as promised.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import random
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg

from lazaretto.core.decision import Disposition
from lazaretto.core.envelope import Client, Direction
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import Condition, Rule, TenantSnapshot
from lazaretto.core.stored import StoredCopy, StoredFinding, StoredLook, encode_look
from lazaretto.db.migrate import create_database, migrate
from lazaretto.db.partitions import ensure
from lazaretto.db.pool import Pool
from lazaretto.db.server import EmbeddedServer
from lazaretto.journal.tables import LOOK
from lazaretto.pipeline.backtesting import Span, backtest
from lazaretto.policy.judging import judge
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document
from lazaretto.tenants.encoding import decode_snapshot, encode_snapshot
from lazaretto.tenants.following import SnapshotFollower
from lazaretto.tenants.lookup import SnapshotTable
from lazaretto.tenants.store import TenantStore

TENANTS, DOMAINS_EACH, ADDRESSES_EACH, ENTRIES_EACH = 1_000, 10, 1_000, 900
LARGEST_LIST = 100_000
FACTS = Facts(received_at=datetime(2026, 5, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"))


def a_document(number: int, entries: int = ENTRIES_EACH) -> str:
    """Return a tenant's document with its share of domains, addresses and entries."""
    domains = [f"d{n}.t{number}.example" for n in range(DOMAINS_EACH)]
    addresses = [f"person{n}@{domains[n % DOMAINS_EACH]}" for n in range(ADDRESSES_EACH)]
    listed = "".join(f"- sender{n}.of{number}.example\n" for n in range(entries))
    routes = "".join(f"  {domain}: {{routes: [{{host: 127.0.0.1, port: 2626}}]}}\n" for domain in domains)
    return (
        f"tenant: t{number}\ndomains:\n{routes}addresses:\n"
        + "".join(f"- {each}\n" for each in addresses)
        + f"blocked_senders:\n{listed}"
    )


def snapshots(scale: int) -> Iterator[TenantSnapshot]:
    """Yield the snapshots as a process that follows gets them: decoded from octets."""
    with tempfile.TemporaryDirectory(prefix="lazaretto-bench-") as folder:
        child = os.fork()
        if child == 0:
            # Compiling is another process' work, and would stay in the memory of this one.
            for number in range(TENANTS // scale):
                entries = LARGEST_LIST // scale if number == 0 else ENTRIES_EACH
                document = parse_document(a_document(number, entries), "generated")
                octets = encode_snapshot(compile_snapshot(document, TenantId(number + 1), 1))
                (Path(folder) / f"{number:06}").write_bytes(octets)
            os._exit(0)
        os.waitpid(child, 0)
        for file in sorted(Path(folder).iterdir()):
            yield decode_snapshot(file.read_bytes())


def memory() -> float:
    """Return the memory of this process in MB."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * resource.getpagesize() / 1e6


def rcpt(scale: int) -> None:
    """A RCPT decision from the table, and the memory that the table takes."""
    before = memory()
    table = SnapshotTable(snapshots(scale), date(2026, 5, 1))
    chance = random.Random(5)
    asked = [
        f"d{chance.randrange(DOMAINS_EACH)}.t{chance.randrange(TENANTS // scale)}.example"
        for _ in range(100_000)
    ]
    addresses = [
        f"{chance.choice(('person', 'nobody'))}{chance.randrange(ADDRESSES_EACH)}@{domain}"
        for domain in asked
    ]
    began = time.process_time()
    for domain, address in zip(asked, addresses, strict=True):
        tenant = table.tenant_of(domain)
        assert tenant is not None
        tenant.accepts(address)
    spent = time.process_time() - began
    print(f"RCPT decision: {spent / len(asked) * 1e6:.2f} µs CPU ({len(table)} tenants)")
    print(f"memory of the table: {memory() - before:.0f} MB (process: {memory():.0f} MB)")


def judging(scale: int) -> None:
    """Judging by 500 rules."""
    rules = tuple(
        Rule(
            name=f"r{n}",
            setting=f"r{n}",
            when=Condition(symbols=frozenset({f"SYMBOL_{n}"}), recipients=frozenset({f"d{n % 7}.example"})),
            disposition=Disposition.QUARANTINE,
        )
        for n in range(500)
    )
    snapshot = TenantSnapshot(tenant=TenantId(1), name="acme", version=1, domains={}, rules=rules)
    chance = random.Random(3)
    messages = [
        [Finding(f"SYMBOL_{chance.randrange(1_000)}", 0.3, "", Verdict.SPAM) for _ in range(25)]
        for _ in range(2_000)
    ]
    recipients = [f"person{n}@d{n % 7}.example" for n in range(3)]
    for findings in messages[:50]:
        judge(findings, FACTS, snapshot, recipients, Direction.INBOUND)
    began = time.process_time()
    for findings in messages:
        judge(findings, FACTS, snapshot, recipients, Direction.INBOUND)
    spent = time.process_time() - began
    print(f"judge with 500 rules, 25 findings, 3 recipients: {spent / len(messages) * 1e3:.4f} ms CPU")


def in_force(scale: int) -> None:
    """How long a change takes from ``apply`` to every process that follows."""
    with _Server() as server:
        dsn = _database(server, "control")
        asyncio.run(_follow(dsn, scale))


async def _follow(dsn: str, scale: int) -> None:
    async with TenantStore(dsn) as store:
        began = time.monotonic()
        for number in range(TENANTS // scale):
            entries = LARGEST_LIST // scale if number == 0 else ENTRIES_EACH
            await store.apply(a_document(number, entries), "bench")
        print(f"{TENANTS // scale} tenants published in {time.monotonic() - began:.0f} s")
        follower = SnapshotFollower(dsn, "bench")
        began = time.monotonic()
        await follower.start()
        print(f"first load of a process: {time.monotonic() - began:.1f} s; memory {memory():.0f} MB")
        for name, number, entries in (
            ("a small tenant", 7, ENTRIES_EACH),
            ("the largest", 0, LARGEST_LIST // scale),
        ):
            text = a_document(number, entries) + "max_message_size: 10\n"
            began = time.monotonic()
            applied = await store.apply(text, "bench")
            late = await store.wait_until_in_force(applied.publication, 60)
            print(f"a change of {name} in force after {time.monotonic() - began:.2f} s {late or ''}")
        await follower.stop()


def time_machine(scale: int) -> None:
    """A change tried on a million kept looks."""
    count = 1_000_000 // scale
    with _Server() as server:
        dsn = _database(server, "trace")
        _fill(dsn, count)
        base = "tenant: acme\ndomains: {customer.example: {}}\napproved_senders: [s7.example]\n"
        before = compile_snapshot(parse_document(base, "x"), TenantId(1), 1)
        span = Span(since=datetime(2026, 5, 1, tzinfo=UTC), until=datetime(2026, 5, 31, tzinfo=UTC))
        for name, text in (
            ("a lower limit", f"{base}antispam: {{thresholds: {{spam: 4.5}}}}\n"),
            ("an approval less", base.replace("s7.example", "s8.example")),
            ("another action for spam", f"{base}antispam: {{spam: quarantine}}\n"),
            ("a blocked network", f"{base}blocked_senders: [198.51.100.0/24]\n"),
        ):
            after = compile_snapshot(parse_document(text, "x"), TenantId(1), 2)
            spent = server.cpu_seconds()
            outcome = backtest(dsn, before, after, span)
            spent = server.cpu_seconds() - spent
            print(
                f"backtest, {name}: {outcome.judged} of {outcome.kept} judged, "
                f"{sum(outcome.changed.values())} copies change, {outcome.wall_seconds:.1f} s by the clock; "
                f"CPU: {outcome.cpu_seconds:.1f} s and PostgreSQL {spent:.1f} s"
            )
        spent = server.cpu_seconds()
        outcome = backtest(dsn, before, after, span, full=True)
        spent = server.cpu_seconds() - spent
        print(
            f"full replay: {outcome.microseconds:.0f} µs CPU per message and PostgreSQL "
            f"{spent / outcome.judged * 1e6:.0f} µs, {outcome.wall_seconds:.1f} s by the clock"
        )


def _fill(dsn: str, count: int) -> None:
    chance = random.Random(1)
    begin = datetime(2026, 5, 1, tzinfo=UTC)

    async def partitions() -> None:
        pool = Pool(dsn, 1)
        async with pool.transaction() as connection:
            await ensure(connection, LOOK, [begin + timedelta(days=n) for n in range(31)])
        await pool.close()

    asyncio.run(partitions())
    began = time.monotonic()
    with psycopg.connect(dsn) as connection, connection.cursor() as cursor:
        with cursor.copy(
            "COPY trace_look (received_at, tenant, message, version, symbols, senders, client_ip, spam, "
            "phishing, bulk, score, look) FROM STDIN"
        ) as copy:
            for number in range(count):
                copy.write_row(_row(number, count, begin, chance))
        connection.commit()
        connection.autocommit = True
        connection.execute("ANALYZE trace_look")
    print(f"{count} looks written in {time.monotonic() - began:.0f} s")


def _row(number: int, count: int, begin: datetime, chance: random.Random) -> tuple[object, ...]:
    # Mostly good mail: sums of scores fall off quickly.
    spam = round(min(chance.expovariate(0.7), 30.0), 2)
    sender = f"s{chance.randrange(3_000)}.example"
    names = chance.sample(range(300), 20)
    findings = tuple(
        StoredFinding(f"SYMBOL_{name}", spam / 20, Verdict.SPAM if name % 2 else None) for name in names
    )
    look = StoredLook(
        version=1,
        reverse_path=f"a@{sender}",
        authors=(f"a@{sender}",),
        client_ip="192.0.2.1",
        findings=findings,
        copies=(StoredCopy(Direction.INBOUND, Disposition.DELIVER, ("bob@customer.example",)),),
    )
    symbols = [each.symbol for each in findings]
    return (
        begin + timedelta(seconds=30 * 86_400 * number / count),
        1,
        UUID(int=number + 1),
        1,
        [*symbols, "=spam"],
        [f"a@{sender}", sender, "example"],
        "192.0.2.1",
        spam,
        spam / 2,
        0.0,
        spam,
        encode_look(look),
    )


class _Server:
    """A throw-away PostgreSQL."""

    def __enter__(self) -> _Server:
        home = Path(tempfile.mkdtemp(prefix="lazaretto-bench-"))
        home.chmod(0o711)
        self._server = EmbeddedServer(home)
        self._server.start()
        return self

    def dsn(self, database: str) -> str:
        """Return where ``database`` answers."""
        return self._server.dsn(database)

    def cpu_seconds(self) -> float:
        """Return what it and all that it started and ended have used; sessions count when they end."""
        fields = Path(f"/proc/{self._server.pid}/stat").read_text().rpartition(")")[2].split()
        return sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")

    def __exit__(self, *_: object) -> None:
        self._server.stop()


def _database(server: _Server, name: str) -> str:
    create_database(server.dsn("postgres"), f"{name}_bench")
    dsn = server.dsn(f"{name}_bench")
    migrate(dsn, name)
    return dsn


FIGURES: dict[str, Callable[[int], None]] = {
    "rcpt": rcpt,
    "judge": judging,
    "force": in_force,
    "backtest": time_machine,
}


def main() -> None:
    """Print the figures that are asked for, all of them when none is named."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("figures", nargs="*", choices=[*FIGURES, []], default=[])
    parser.add_argument("--scale", type=int, default=1, help="divide all sizes by this")
    asked = parser.parse_args()
    for name in asked.figures or FIGURES:
        # Each in a process of its own: memory is a figure, too.
        child = os.fork()
        if child == 0:
            FIGURES[name](asked.scale)
            os._exit(0)
        os.waitpid(child, 0)


if __name__ == "__main__":
    main()

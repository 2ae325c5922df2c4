"""What ``lazaretto doctor`` looks at: one function per question, each with what to do about a no."""

from __future__ import annotations

import asyncio
import io
import smtplib
import socket
import stat
import sys
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

import psycopg
from cryptography import x509

from lazaretto.core.errors import LazarettoError, TemporaryFailure
from lazaretto.db.migrate import DATABASES
from lazaretto.db.sql import query
from lazaretto.detect.malware.unpacking.seccomp import is_filter_there
from lazaretto.pipeline import confinement
from lazaretto.protocol.clamd import Clamav, beyond_limits
from lazaretto.run.connections import FOR_A_COMMAND, most_connections
from lazaretto.run.counting import counters_file, read_counters
from lazaretto.run.database import Database
from lazaretto.run.home import Home
from lazaretto.run.options import host_and_port
from lazaretto.run.running import is_running
from lazaretto.run.settings import Settings
from lazaretto.run.trouble_texts import in_words
from lazaretto.run.troubles import those_that_matter, troubles_of
from lazaretto.spool.storage import room_at

CERTIFICATE_WARNING: Final = timedelta(days=14)
ANSWER_PATIENCE: Final = 5.0
OLDEST_PYTHON: Final = (3, 11)
MOST_NAMED: Final = 5
FETCH_PATIENCE: Final = timedelta(minutes=5)
_SPARE_CONNECTIONS: Final = 10


@dataclass(frozen=True, slots=True)
class Answer:
    """What one look came to."""

    question: str
    is_right: bool
    told: str
    """What was seen; where it is not right, also what to do."""


Question = Callable[[Home, Settings], Answer]


def examine(home: Home, settings: Settings) -> Iterator[Answer]:
    """Yield an answer to every question; one that cannot be asked is answered with a no."""
    for question in QUESTIONS:
        try:
            yield question(home, settings)
        except (OSError, LazarettoError, psycopg.Error) as failure:
            yield Answer(question.__name__.strip("_").replace("_", " "), False, f"could not look: {failure}")


def _processes(home: Home, _: Settings) -> Answer:
    running = is_running(home)
    if running is None:
        return Answer("processes", True, "nothing runs in this home; `lazaretto run` starts everything")
    return Answer("processes", True, f"the supervisor runs as process {running.pid}")


def _databases(home: Home, settings: Settings) -> Answer:
    database = Database(home, settings)
    sizes = []
    for name in DATABASES:
        with psycopg.connect(database.dsn(name), connect_timeout=int(ANSWER_PATIENCE)) as connection:
            row = connection.execute("SELECT pg_size_pretty(pg_database_size(current_database()))").fetchone()
            sizes.append(f"{name} {row[0] if row else '?'}")
    return Answer("databases", True, ", ".join(sizes))


def _durability(home: Home, settings: Settings) -> Answer:
    with psycopg.connect(
        Database(home, settings).dsn("spool"), connect_timeout=int(ANSWER_PATIENCE)
    ) as connection:
        wrong = [
            f"{name} is {value}"
            for name in ("fsync", "full_page_writes", "synchronous_commit")
            if (value := connection.info.parameter_status(name) or _shown(connection, name)) == "off"
        ]
    if wrong:
        return Answer(
            "durability", False, f"{', '.join(wrong)}: switch it on, or mail can be lost after its 250"
        )
    return Answer("durability", True, "commits reach the disk before they are answered")


def _connections(home: Home, settings: Settings) -> Answer:
    needed = sum(most_connections(settings).values()) + FOR_A_COMMAND
    dsn = Database(home, settings).dsn("spool")
    with psycopg.connect(dsn, connect_timeout=int(ANSWER_PATIENCE)) as connection:
        row = connection.execute(query("lazaretto.run", "connections_now")).fetchone()
    used, allowed = (int(row[0]), int(row[1])) if row else (0, 0)
    told = f"{used} in use of {allowed} that PostgreSQL allows; this node may need {needed}"
    if allowed < needed:
        return Answer("connections", False, f"{told}: raise max_connections")
    if allowed - used < _SPARE_CONNECTIONS:
        return Answer("connections", False, f"{told}: others leave too few, raise max_connections")
    return Answer("connections", True, told)


def _shown(connection: psycopg.Connection[tuple[object, ...]], name: str) -> str:
    row = connection.execute("SELECT current_setting(%s)", [name]).fetchone()
    return str(row[0]) if row else ""


def _room(home: Home, settings: Settings) -> Answer:
    room = room_at(home.folder)
    free = f"{room.free / 1e9:.1f} GB free ({room.share:.0%})"
    if room.share < settings.content.least_free_share:
        return Answer("room", False, f"{free}: mail is answered 452 until there is more; make room")
    return Answer("room", True, free)


def _stored_mail(home: Home, _: Settings) -> Answer:
    damaged = sorted(home.corrupt.iterdir()) if home.corrupt.is_dir() else []
    if damaged:
        told = (
            f"{len(damaged)} damaged files in {home.corrupt}: look after the disk; put good copies back where"
            " the names say (tenant-day-hour-message) below content, then remove these"
        )
        return Answer("stored mail", False, told)
    return Answer("stored mail", True, "none is known to be damaged")


def _master_key(home: Home, _: Settings) -> Answer:
    if not home.master_key.exists():
        return Answer("master key", True, "none yet; the first start makes it")
    mode = stat.S_IMODE(home.master_key.stat().st_mode)
    if mode & 0o077:
        return Answer("master key", False, f"others can read {home.master_key}; chmod 600 it")
    return Answer("master key", True, f"{home.master_key}; keep a copy apart from the database")


def _certificate(home: Home, _: Settings) -> Answer:
    if not home.certificate.exists():
        return Answer("certificate", True, "none yet; the first start makes one")
    certificate = x509.load_pem_x509_certificate(home.certificate.read_bytes())
    left = certificate.not_valid_after_utc - datetime.now(UTC)
    told = f"valid until {certificate.not_valid_after_utc:%Y-%m-%d}"
    if left < CERTIFICATE_WARNING:
        return Answer("certificate", False, f"{told}; put a new one into {home.certificate}")
    return Answer("certificate", True, told)


def _confinement(_: Home, __: Settings) -> Answer:
    missing = confinement.missing()
    if missing:
        return Answer(
            "confinement",
            False,
            f"{'; '.join(missing)}: allow user namespaces (kernel.unprivileged_userns_clone=1)",
        )
    return Answer("confinement", True, "scan workers have no network")


def _parsers(_: Home, __: Settings) -> Answer:
    if not is_filter_there():
        told = "the kernel has no filter of system calls (CONFIG_SECCOMP_FILTER): parsers could open files"
        return Answer("parsers", False, told)
    return Answer("parsers", True, "parsers can open no file, reach no network and start no program")


def _clamav(_: Home, settings: Settings) -> Answer:
    if not settings.clamav.servers:
        return Answer("clamav", True, "not asked, as clamav.servers names no daemon")
    engine = Clamav(settings.clamav)
    try:
        is_complete = asyncio.run(engine.is_complete(beyond_limits()))
    except TemporaryFailure:
        told = "no daemon answers, so mail waits: start clamd or correct clamav.servers"
        return Answer("clamav", False, told)
    if not is_complete:
        told = "clamd calls clean what is beyond its limits: set AlertExceedsMax to yes in clamd.conf"
        return Answer("clamav", False, told)
    return Answer("clamav", True, "a daemon answers, and tells what is beyond its limits")


def _bundles(home: Home, settings: Settings) -> Answer:
    source = settings.bundles.source
    if not source:
        return Answer("bundles", True, "none is fetched, as bundles.source names no place")
    with psycopg.connect(
        Database(home, settings).dsn("control"), connect_timeout=int(ANSWER_PATIENCE)
    ) as asked:
        row = asked.execute(query("lazaretto.intelligence", "bundle_fetch"), {"source": source}).fetchone()
    if row is None:
        return Answer("bundles", is_running(home) is None, f"{source} was never looked at")
    looked_at, version, problem = row
    if problem:
        return Answer("bundles", False, f"{source}: {problem}; `lazaretto bundle status` tells more")
    late = timedelta(seconds=3 * settings.bundles.fetch_every) + FETCH_PATIENCE
    if datetime.now(UTC) - looked_at > late and is_running(home) is not None:
        return Answer("bundles", False, f"{source} was not looked at since {looked_at:%Y-%m-%d %H:%M}")
    return Answer("bundles", True, f"{source} has bundle {version}, seen {looked_at:%Y-%m-%d %H:%M}")


def _python(_: Home, __: Settings) -> Answer:
    version = ".".join(map(str, sys.version_info[:3]))
    if sys.version_info < OLDEST_PYTHON:
        return Answer("python", False, f"{version}; {'.'.join(map(str, OLDEST_PYTHON))} or newer is needed")
    if not refuses_overlaps():
        # No harm to us, but whoever looks after this machine wants to know.
        version += "; its zipfile opens overlapping members, and is never given a stranger's archive"
    return Answer("python", True, version)


def refuses_overlaps() -> bool:
    """Tell whether this Python's own reader of zip refuses overlapping members (CVE-2024-0450)."""
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a", b"")
        archive.filelist.append(archive.filelist[0])
    with zipfile.ZipFile(packed) as archive:
        try:
            archive.open(archive.infolist()[0]).close()
        except zipfile.BadZipFile:
            return True
    return False


def _scanning(home: Home, _: Settings) -> Answer:
    if is_running(home) is None:
        return Answer("scanning", True, "not asked, as nothing runs")
    path = home.sockets / "scan.sock"
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(ANSWER_PATIENCE)
        try:
            connection.connect(str(path))
        except OSError as failure:
            told = f"{path} does not answer ({failure}); see {home.logs / 'scan.log'}"
            return Answer("scanning", False, told)
    return Answer("scanning", True, "the scanning station listens")


def _edge(home: Home, _: Settings) -> Answer:
    running = is_running(home)
    if running is None:
        return Answer("edge", True, "not asked, as nothing runs")
    host, port = host_and_port(running.smtp)
    try:
        with smtplib.SMTP(host, port, timeout=ANSWER_PATIENCE) as client:
            code, text = client.ehlo("doctor.invalid")
    except (TimeoutError, OSError, smtplib.SMTPException) as failure:
        return Answer(
            "edge", False, f"{running.smtp} does not answer ({failure}); see {home.logs / 'edge.log'}"
        )
    return Answer(
        "edge",
        code == 250,
        f"{running.smtp} answers {code} {text.decode('utf-8', 'replace').partition(chr(10))[0]}",
    )


def _mail_at_the_door(home: Home, _: Settings) -> Answer:
    counted = read_counters(counters_file(home))
    if counted is None or is_running(home) is None:
        return Answer("mail at the door", True, "nothing counted, as nothing runs")
    counters = counted.counters
    refusals = sorted(counters["refusals"].items(), key=lambda each: -each[1])[:3]
    told = f"{counters['messages']} messages in {counters['sessions']} sessions since the start"
    often = ", ".join(f"{reason} {number}" for reason, number in refusals)
    return Answer("mail at the door", True, f"{told}; refused most: {often or 'nothing'}")


def _rules_and_detectors(home: Home, _: Settings) -> Answer:
    wrong = those_that_matter(troubles_of(home), datetime.now(UTC))
    if not wrong:
        return Answer("rules and detectors", True, "none is left out, none failed within a day")
    told = "; ".join(in_words(each, "en") for each in wrong[:MOST_NAMED])
    more = f" (and {len(wrong) - MOST_NAMED} more)" if len(wrong) > MOST_NAMED else ""
    return Answer("rules and detectors", False, f"{told}{more}; see {home.logs / 'scan.log'}")


QUESTIONS: Final[tuple[Question, ...]] = (
    _python,
    _processes,
    _databases,
    _durability,
    _connections,
    _room,
    _stored_mail,
    _master_key,
    _certificate,
    _confinement,
    _parsers,
    _clamav,
    _bundles,
    _scanning,
    _rules_and_detectors,
    _edge,
    _mail_at_the_door,
)

"""Looking at messages in files: the scanning station and its asker, without edge or database.

The files go through the very workers that mail goes through, so a message that kills its worker is
reported as unscannable here as well, and the rest of the files are still looked at.
"""

from __future__ import annotations

import asyncio
import contextlib
import ipaddress
import os
import signal
import tempfile
import traceback
from collections import deque
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from lazaretto.core.address import domain_of
from lazaretto.core.content import ReceivedContent
from lazaretto.core.decision import Disposition, Judgement
from lazaretto.core.envelope import Client, Direction, Envelope, Leg, Recipient
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.facts import Gathered, Resolver
from lazaretto.core.identity import TenantId, new_message_id
from lazaretto.core.snapshot import AddressRegistration, TenantSnapshot
from lazaretto.core.submission import Submission
from lazaretto.detect.settings import DetectSettings
from lazaretto.pipeline.asking import Asker
from lazaretto.pipeline.settings import PipelineSettings
from lazaretto.pipeline.station import Station
from lazaretto.pipeline.wire import Recorded
from lazaretto.protocol.dns import SystemResolver
from lazaretto.protocol.dnsfile import FileResolver
from lazaretto.protocol.settings import DnsSettings
from lazaretto.run.gathering import gather_with
from lazaretto.run.saying_why import details_of, probability_of, reasons_of
from lazaretto.run.scan import make_serve
from lazaretto.spool.content_settings import ContentSettings
from lazaretto.spool.intake import discard, take
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document

DEFAULT_RECIPIENT: Final = "recipient@recipient.invalid"
DEFAULT_CLIENT: Final = "0.0.0.0"  # noqa: S104 - "no address is known", not one to listen on
MAX_FILE: Final = 1_000_000_000
SCAN_TENANT: Final = TenantId(0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Assumptions:
    """What is said about a message that the message itself does not say."""

    client_ip: str = DEFAULT_CLIENT
    helo: str = ""
    reverse_path: str = ""
    recipients: tuple[str, ...] = ()
    now: datetime | None = None
    recorded: Recorded | None = None

    @classmethod
    def parse(
        cls, *, client_ip: str, helo: str, reverse_path: str, recipients: tuple[str, ...], now: str
    ) -> Assumptions:
        """Return them from a command's words; raises ``ConfigurationError`` for a wrong one."""
        try:
            ip = str(ipaddress.ip_address(client_ip)) if client_ip else DEFAULT_CLIENT
        except ValueError as failure:
            raise ConfigurationError(f"--client-ip {client_ip!r} is not an IP address") from failure
        try:
            moment = datetime.fromisoformat(now) if now else None
        except ValueError as failure:
            raise ConfigurationError(f"--now {now!r} is not a time such as 2026-05-01T12:00:00Z") from failure
        if moment is not None and moment.tzinfo is None:
            moment = moment.replace(tzinfo=UTC)
        return cls(
            client_ip=ip,
            helo=helo,
            reverse_path=reverse_path.strip("<>"),
            recipients=recipients,
            now=moment,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class ScanReport:
    """What a look at one file came to."""

    file: str
    judgement: Judgement | None
    problem: str = ""
    """Why there is no judgement: the file could not be read."""
    snapshot: TenantSnapshot | None = None
    """The configuration that it was judged by."""

    @property
    def disposition(self) -> Disposition:
        """The most severe disposition of any recipient's copy."""
        assert self.judgement is not None
        return max(
            (copy.decision.disposition for copy in self.judgement.copies if not copy.additional),
            default=Disposition.DELIVER,
        )

    @property
    def milliseconds(self) -> float:
        """CPU time of the look."""
        assert self.judgement is not None
        return round(sum(self.judgement.timings.values()), 3)

    def as_json(self, language: str = "") -> dict[str, Any]:
        """Return the object that ``lazaretto scan`` prints; with a ``language``, it says why in words."""
        if self.judgement is None:
            return {"file": self.file, "problem": self.problem}
        told = {"explanation": list(self.explanation(language))} if language else {}
        return {
            "file": self.file,
            "verdict": self.judgement.verdict.value,
            "score": round(self.judgement.score, 4),
            "probability": probability_of(self.judgement.score),
            "disposition": self.disposition.word,
            "findings": [
                {"symbol": each.symbol, "score": round(each.score, 4), "evidence": each.evidence}
                for each in self.judgement.findings
            ],
            "ms": self.milliseconds,
            **told,
        }

    def explanation(self, language: str) -> tuple[str, ...]:
        """Return in the words of ``language`` what ``lazaretto explain`` would say of such a message."""
        assert self.judgement is not None and self.snapshot is not None
        return reasons_of(details_of(self.judgement, self.snapshot), self.snapshot, language)


class Scanning:
    """A station of its own in a temporary folder, for as long as the ``with`` block lasts."""

    def __init__(
        self,
        tenant_file: Path | None,
        dns_file: Path | None,
        *,
        detect: DetectSettings | None = None,
        digests: bool = False,
    ) -> None:
        """With ``digests`` judgements tell the signatures of their messages."""
        self._detect = detect or DetectSettings()
        self._digests = digests
        self._snapshot = _snapshot_of(tenant_file)
        self._dns_file = dns_file
        self._settings = PipelineSettings()
        self._stack = contextlib.ExitStack()
        self._folder = Path()
        self._station = 0

    def __enter__(self) -> Self:
        self._folder = Path(self._stack.enter_context(tempfile.TemporaryDirectory(prefix="lz-scan-")))
        self._station = os.fork()
        if self._station == 0:
            _be_station(self._folder, self._settings, self._detect, digests=self._digests)
        self._stack.callback(self._end_station)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def reports(self, files: Iterable[Path], assumptions: Assumptions) -> Iterator[ScanReport]:
        """Yield one report per file, in order; a file that cannot be read is a report as well."""
        yield from self.reports_on((file, assumptions) for file in files)

    def reports_on(self, work: Iterable[tuple[Path, Assumptions]]) -> Iterator[ScanReport]:
        """Yield one report per file and its own assumptions, in order."""
        with asyncio.Runner() as runner:
            reports = self._reports(iter(work))
            while (report := runner.run(_next(reports))) is not None:
                yield report

    async def report(self, file: Path, assumptions: Assumptions) -> ScanReport:
        """Return what a look at one file came to; several may be under way at once."""
        return await self._report(file, assumptions, self._resolver())

    def _resolver(self) -> Resolver:
        return FileResolver(self._dns_file) if self._dns_file else SystemResolver(DnsSettings())

    async def _reports(self, work: Iterator[tuple[Path, Assumptions]]) -> AsyncIterator[ScanReport]:
        resolver = self._resolver()
        ahead = 2 * (self._settings.workers or os.cpu_count() or 1)
        tasks: deque[asyncio.Task[ScanReport]] = deque()
        for file, assumptions in work:
            tasks.append(asyncio.create_task(self._report(file, assumptions, resolver)))
            if len(tasks) >= ahead:
                yield await tasks.popleft()
        while tasks:
            yield await tasks.popleft()

    async def _report(self, file: Path, assumptions: Assumptions, resolver: Resolver) -> ScanReport:
        try:
            octets = octets_in(file)
        except (OSError, ConfigurationError) as failure:
            return ScanReport(file=str(file), judgement=None, problem=f"cannot read it: {failure}")
        judgement = await self._judgement(octets, assumptions, resolver)
        return ScanReport(file=str(file), judgement=judgement, snapshot=self._snapshot)

    def judgement_of(self, octets: bytes, assumptions: Assumptions) -> Judgement:
        """Return the judgement of one message in memory."""
        return asyncio.run(self._judgement(octets, assumptions, self._resolver()))

    async def _judgement(self, octets: bytes, assumptions: Assumptions, resolver: Resolver) -> Judgement:
        snapshot = self._snapshot
        # A large message reaches its worker as a file, as on a server: no frame would hold it.
        content = take(octets, self._folder, ContentSettings())
        submission = _submission(content, assumptions, snapshot)
        known = assumptions.recorded is not None
        directory = _Only(snapshot)
        gather = _nothing if known else gather_with(resolver, self._settings, directory)
        asker = Asker(self._folder, directory, gather, self._settings)
        try:
            return await asker.look_patiently(submission, assumptions.recorded)
        finally:
            discard(content)

    def _end_station(self) -> None:
        os.kill(self._station, signal.SIGTERM)
        os.waitpid(self._station, 0)


@dataclass(frozen=True, slots=True)
class _Only:
    """The directory of a platform with one tenant."""

    snapshot: TenantSnapshot

    def tenant_of(self, domain: str) -> TenantSnapshot | None:
        return self.snapshot

    def sender_at(self, ip: str) -> TenantSnapshot | None:
        return None

    def sender_showing(self, proof: str) -> TenantSnapshot | None:
        return None

    def by_id(self, tenant: TenantId) -> TenantSnapshot | None:
        return self.snapshot


def files_under(paths: Iterable[str]) -> Iterator[Path]:
    """Yield the files named by ``paths``; of a folder, every file below it, sorted."""
    for text in paths:
        path = Path(text)
        if path.is_dir():
            yield from sorted(each for each in path.rglob("*") if each.is_file())
        else:
            yield path


def _be_station(folder: Path, settings: PipelineSettings, detect: DetectSettings, *, digests: bool) -> None:
    # A fork must never come back into the caller's code, whatever happens.
    code = 1
    try:
        Station(folder, settings, make_serve("scan.invalid", detect, digests=digests)).run()
        code = 0
    except Exception:
        # `_exit` below prints nothing: without this nobody would learn why no file is looked at.
        traceback.print_exc()
    finally:
        os._exit(code)


async def _next(reports: AsyncIterator[ScanReport]) -> ScanReport | None:
    return await anext(reports, None)


async def _nothing(submission: Submission) -> Gathered:
    return Gathered(received_at=submission.received_at, client=submission.client)


def _snapshot_of(tenant_file: Path | None) -> TenantSnapshot:
    if tenant_file is not None:
        document = parse_document(tenant_file.read_text(encoding="utf-8"), tenant_file.name)
        return compile_snapshot(document, SCAN_TENANT, 0)
    document = parse_document("version: 1\ntenant: scan\ndomains: {recipient.invalid: {}}\n", "built-in")
    return replace(
        compile_snapshot(document, SCAN_TENANT, 0), address_registration=AddressRegistration.ENFORCE
    )


def octets_in(file: Path) -> bytes:
    """Return the message in ``file`` as the edge would have received it."""
    if file.stat().st_size > MAX_FILE:
        raise ConfigurationError(f"larger than {MAX_FILE} octets")
    octets = file.read_bytes()
    # What lies in files often has the line ends of its system; the edge would have received CRLF.
    if b"\r" in octets:
        octets = octets.replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return octets.replace(b"\n", b"\r\n")


def _submission(content: ReceivedContent, assumptions: Assumptions, snapshot: TenantSnapshot) -> Submission:
    given = assumptions.recipients or (next(iter(sorted(snapshot.addresses)), DEFAULT_RECIPIENT),)
    recipients = tuple(Recipient(address=address) for address in given)
    inbound = any(domain_of(address) in snapshot.domains for address in given) or not assumptions.recipients
    direction = Direction.INBOUND if inbound else Direction.OUTBOUND
    return Submission(
        id=new_message_id(),
        received_at=assumptions.now or datetime.now(UTC),
        client=Client(ip=assumptions.client_ip, helo=assumptions.helo),
        envelope=Envelope(reverse_path=assumptions.reverse_path, recipients=recipients),
        legs=(Leg(tenant=snapshot.tenant, direction=direction, recipients=recipients),),
        content=content,
    )

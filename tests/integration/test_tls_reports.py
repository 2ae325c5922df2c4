"""TLS reports: what was counted goes out once a day to who asks for it, and what others send is kept."""

from __future__ import annotations

import asyncio
import gzip
import json
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, date, datetime, timedelta
from email import message_from_bytes
from pathlib import Path

import pytest

from lazaretto.core.envelope import Client, TlsRecord
from lazaretto.core.facts import AuthResult, Dkim, Facts
from lazaretto.core.identity import PLATFORM, TenantId, new_message_id
from lazaretto.core.queued import ComposedMessage, Remote
from lazaretto.db.pool import Pool
from lazaretto.delivery.daily import due_at
from lazaretto.delivery.failures import TlsFailure
from lazaretto.delivery.report_mail import mail_of
from lazaretto.delivery.report_post import ReportPost
from lazaretto.delivery.report_store import Due, ReportStore
from lazaretto.delivery.tls_demand import OPPORTUNISTIC, CertificateCheck, ChannelDemand
from lazaretto.delivery.tls_reporting import Signature, TlsReporter
from lazaretto.delivery.tls_reports import TlsReports
from lazaretto.journal.retention import forget_old
from lazaretto.journal.shipping import Shipper
from lazaretto.journal.tls_reports import received_tls_reports, tls_sessions
from lazaretto.mail.scanner import view_of
from lazaretto.pipeline.tls_reports import tls_reports_in
from lazaretto.protocol.tls_report import PolicyCount, TlsReport, read_report, whole_day
from lazaretto.run.certificate import ensure_certificate, server_context
from lazaretto.spool import telling
from lazaretto.spool.rows import Rows, event_row
from lazaretto.spool.writing import add_rows
from lazaretto.testing.copies import FixedResolver
from lazaretto.testing.edge_fakes import ACME, OTHER
from lazaretto.testing.messages import a_judgement

from .conftest import Databases

pytestmark = pytest.mark.integration

DAY = date(2026, 11, 24)
SIGNATURE = Signature(
    submitter="mx.lazaretto.example",
    organization="Lazaretto",
    contact="postmaster@mx.lazaretto.example",
    author="tls-reports@mx.lazaretto.example",
)
STS = ChannelDemand(
    policy="mta-sts",
    is_required=True,
    check=CertificateCheck.HOST,
    published=("version: STSv1", "mode: enforce", "mx: mx.partner.example", "max_age: 86400"),
)
GOOD = TlsRecord(advertised=True, used=True, protocol="TLSv1.3")
EXPIRED = TlsRecord(advertised=True, failure=TlsFailure.EXPIRED.value)


@pytest.fixture
async def trace(databases: Databases) -> AsyncIterator[Pool]:
    pool = Pool(databases.trace, 2)
    yield pool
    async with pool.transaction() as connection:
        await connection.execute("TRUNCATE tls_session, tls_failure, tls_report_sent, tls_report_received")
    await pool.close()


def some_sessions(domain: str = "partner.example") -> TlsReports:
    counters = TlsReports()
    for channel in (GOOD, GOOD, EXPIRED):
        counters.note(DAY, domain, STS, Remote(host="mx.partner.example", ip="192.0.2.9", channel=channel))
    counters.note(DAY, domain, OPPORTUNISTIC, Remote(host="mx.partner.example", channel=GOOD))
    return counters


class Desk:
    """A reporter whose mail is kept here."""

    def __init__(self, trace: Pool, records: dict[str, list[str]], **post: object) -> None:
        self.store = ReportStore(trace)
        self.mail: list[ComposedMessage] = []
        names = {f"_smtp._tls.{domain}": {"TXT": texts} for domain, texts in records.items()}
        names["reports.partner.example"] = {"A": ["127.0.0.1"]}
        resolver = FixedResolver(names)
        may_call = post.pop("may_call", lambda _: True)
        self.reporter = TlsReporter(
            self.store,
            resolver,
            self._commit,
            ReportPost(resolver, may_call, **post),  # type: ignore[arg-type]
            SIGNATURE,
        )

    async def _commit(self, mail: ComposedMessage) -> None:
        self.mail.append(mail)


AFTER = due_at(DAY, "partner.example")


async def test_a_domain_that_asks_gets_one_report_about_a_day_by_mail(trace: Pool) -> None:
    desk = Desk(trace, {"partner.example": ["v=TLSRPTv1; rua=mailto:tls@partner.example"]})
    await some_sessions().store(desk.store, DAY + timedelta(days=1))
    await some_sessions().store(desk.store, DAY + timedelta(days=1))

    assert await desk.reporter.send_due(AFTER - timedelta(seconds=1)) == 0
    assert await desk.reporter.send_due(AFTER) == 1
    assert await desk.reporter.send_due(AFTER + timedelta(minutes=10)) == 0

    (mail,) = desk.mail
    assert (mail.tenant, mail.reverse_path, mail.recipients) == (PLATFORM, "", ("tls@partner.example",))
    assert b"\n" not in mail.octets.replace(b"\r\n", b"") and mail.octets.isascii()
    message = message_from_bytes(mail.octets)
    assert message.get_content_type() == "multipart/report"
    assert message.get_param("report-type") == "tlsrpt"
    assert message["TLS-Report-Domain"] == "partner.example"
    assert message["TLS-Report-Submitter"] == "mx.lazaretto.example"
    attached = message.get_payload()[1]  # type: ignore[index, union-attr]
    assert attached.get_content_type() == "application/tlsrpt+gzip"  # type: ignore[union-attr]
    name = attached.get_filename()  # type: ignore[union-attr]
    assert name == "mx.lazaretto.example!partner.example!1795478400!1795564799!001.json.gz"
    report = read_report(attached.get_payload(decode=True))  # type: ignore[union-attr, arg-type]
    by_type = {policy.type: policy for policy in report.policies}
    assert (by_type["sts"].successful, by_type["sts"].failed) == (4, 2)
    assert by_type["sts"].lines == STS.published
    assert by_type["sts"].mx_hosts == ("mx.partner.example",)
    (failure,) = by_type["sts"].failures
    assert (failure.result, failure.sessions) == ("certificate-expired", 2)
    assert by_type["no-policy-found"].successful == 2


async def test_who_does_not_ask_gets_none_and_is_not_asked_again(trace: Pool) -> None:
    desk = Desk(trace, {})
    await some_sessions().store(desk.store, DAY + timedelta(days=1))

    assert await desk.reporter.send_due(AFTER) == 1

    assert desk.mail == []
    assert await desk.store.unreported(since=DAY, before=DAY + timedelta(days=1), wanted=9) == []
    (sts, *_) = [each for each in await tls_sessions(trace) if each.policy == "sts"]
    assert (sts.domain, sts.successful, sts.failed) == ("partner.example", 2, 1)
    assert sts.reports == ["no report is wanted"]


async def test_a_day_that_is_not_over_is_not_reported(trace: Pool) -> None:
    desk = Desk(trace, {"partner.example": ["v=TLSRPTv1; rua=mailto:tls@partner.example"]})
    await some_sessions().store(desk.store, DAY + timedelta(days=1))

    assert await desk.reporter.send_due(datetime(2026, 11, 24, 23, 59, 59, tzinfo=UTC)) == 0
    assert desk.mail == []


@asynccontextmanager
async def taking(context: ssl.SSLContext, statuses: list[int]) -> AsyncIterator[tuple[int, list[bytes]]]:
    """Answer posts with ``statuses`` in turn; yield the port and the requests."""
    requests: list[bytes] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().partition(b"content-length: ")[2].partition(b"\r\n")[0])
            requests.append(head + await reader.readexactly(length))
            writer.write(b"HTTP/1.1 %d x\r\nContent-Length: 0\r\n\r\n" % statuses.pop(0))
            await writer.drain()
        finally:
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0, ssl=context)
    async with server:
        yield server.sockets[0].getsockname()[1], requests


async def test_a_report_is_posted_until_it_is_taken(trace: Pool, tmp_path: Path) -> None:
    ensure_certificate(tmp_path / "c.pem", tmp_path / "k.pem", "reports.partner.example")
    context = server_context(tmp_path / "c.pem", tmp_path / "k.pem")
    async with taking(context, [503, 201]) as (port, requests):
        record = f"v=TLSRPTv1; rua=https://reports.partner.example:{port}/tls?x=1,mailto:t@partner.example"
        desk = Desk(trace, {"partner.example": [record]}, ca_file=str(tmp_path / "c.pem"))
        await some_sessions().store(desk.store, DAY + timedelta(days=1))

        assert await desk.reporter.send_due(AFTER) == 0
        assert await desk.reporter.send_due(AFTER + timedelta(minutes=10)) == 1

    assert len(desk.mail) == 1, "what was queued is not queued again"
    head, _, body = requests[1].partition(b"\r\n\r\n")
    assert head.startswith(b"POST /tls?x=1 HTTP/1.1\r\nHost: reports.partner.example\r\n")
    assert b"Content-Type: application/tlsrpt+gzip" in head
    assert json.loads(gzip.decompress(body))["organization-name"] == "Lazaretto"


@pytest.mark.parametrize(
    ("url", "refuses"),
    [
        pytest.param("https://reports.partner.example:1/", False, id="nobody there"),
        pytest.param("https://reports.partner.example/", True, id="in a network that is not called"),
        pytest.param("https://unknown.partner.example/", False, id="no address"),
    ],
)
async def test_a_server_that_cannot_be_called_is_given_up_after_a_day(
    trace: Pool, url: str, refuses: bool
) -> None:
    desk = Desk(trace, {"partner.example": [f"v=TLSRPTv1; rua={url}"]}, may_call=lambda _: not refuses)
    await some_sessions().store(desk.store, DAY + timedelta(days=1))

    assert await desk.reporter.send_due(AFTER) == 0
    assert await desk.reporter.send_due(AFTER + timedelta(hours=23)) == 0
    assert await desk.reporter.send_due(AFTER + timedelta(hours=25)) == 1


async def test_counters_and_reports_are_forgotten_in_time(trace: Pool) -> None:
    desk = Desk(trace, {})
    await some_sessions().store(desk.store, DAY + timedelta(days=1))

    later = datetime(2027, 1, 15, tzinfo=UTC)
    await forget_old(trace, later, keep_trace=timedelta(days=30), keep_figures=timedelta(days=365))

    assert await tls_sessions(trace) == []


# Received.


def a_report_about(*domains: str) -> TlsReport:
    began, ended = whole_day(DAY)
    policies = tuple(
        PolicyCount(type="sts", domain=domain, successful=5, failed=1, failures=()) for domain in domains
    )
    return TlsReport(
        organization="Partner",
        contact="c@partner.example",
        id="1",
        began=began,
        ended=ended,
        policies=policies,
    )


def mail_with(report: TlsReport) -> bytes:
    return mail_of(
        report,
        "customer.example",
        "tls@customer.example",
        author="r@partner.example",
        submitter="partner.example",
        now=datetime(2026, 11, 25, tzinfo=UTC),
    ).octets


def read_by(octets: bytes, *, signed: bool = True) -> list[dict[str, object]]:
    dkim = (Dkim(result=AuthResult.PASS, domain="partner.example"),) if signed else ()
    facts = Facts(received_at=datetime(2026, 11, 25, tzinfo=UTC), client=Client(ip="192.0.2.1"), dkim=dkim)
    return tls_reports_in(view_of(octets), facts, [ACME])


async def keep(databases: Databases, octets: bytes, tenant: TenantId = ACME.tenant) -> None:
    """Let events go the way of every message that was looked at."""
    at = datetime.now(UTC)
    judgement = a_judgement(facts={"tls_reports": read_by(octets)})
    event = telling.scanned(judgement, (), tenant, new_message_id(), at)
    spool, trace = Pool(databases.spool, 1), Pool(databases.trace, 1)
    try:
        async with spool.transaction() as connection:
            await add_rows(connection, [Rows(events=(event_row(event, at, guarded=False),))])
        while await Shipper(spool, trace).ship_once():
            pass
    finally:
        await spool.close()
        await trace.close()


async def test_a_report_that_comes_in_is_kept_once_for_its_tenant(databases: Databases, trace: Pool) -> None:
    octets = mail_with(a_report_about("customer.example", "sub.customer.example", "stranger.example"))

    await keep(databases, octets)
    await keep(databases, octets)

    kept = await received_tls_reports(trace, ACME.tenant)
    assert [each.domain for each in kept] == ["customer.example", "sub.customer.example"]
    assert {(each.organization, each.signed_by, each.successful, each.failed) for each in kept} == {
        ("Partner", "partner.example", 5, 1)
    }
    assert await received_tls_reports(trace, OTHER.tenant) == []
    assert len(await received_tls_reports(trace, None, domain="customer.example")) == 1


def test_a_report_about_others_says_nothing_and_an_unsigned_one_is_known_as_such() -> None:
    assert read_by(mail_with(a_report_about("stranger.example")))[0]["policies"] == []
    assert read_by(mail_with(a_report_about("customer.example")), signed=False)[0]["signed_by"] == ""


def test_mail_without_a_report_has_none_and_a_broken_one_says_so() -> None:
    assert read_by(b"Subject: hello\r\n\r\nbody\r\n") == []
    (broken,) = read_by(b"Content-Type: application/tlsrpt+gzip\r\n\r\nnonsense\r\n")
    assert broken["policies"] == []
    assert broken["problem"]


def test_a_bomb_in_a_report_is_not_unpacked() -> None:
    bomb = gzip.compress(b" " * 200_000_000)
    (kept,) = read_by(b"Content-Type: application/tlsrpt+gzip\r\n\r\n" + bomb)

    assert "unpacks to more than" in str(kept["problem"])


def test_the_moments_at_which_reports_go_out_are_spread() -> None:
    moments = {due_at(DAY, f"d{number}.example") for number in range(200)}

    assert len(moments) > 190
    assert max(moments) - min(moments) > timedelta(hours=3)
    assert min(moments) >= datetime(2026, 11, 25, 0, 15, tzinfo=UTC)
    assert Due(DAY, "a.example") < Due(DAY, "b.example")

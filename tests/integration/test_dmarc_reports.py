"""From a message that fails DMARC to the report at the owner's mailbox, through the real product."""

from __future__ import annotations

import asyncio
import gzip
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from xml.etree import ElementTree

import pytest

from lazaretto.db.pool import Pool
from lazaretto.journal.dmarc_counts import DmarcCounts, Due, Row
from lazaretto.protocol.dnsfile import FileResolver
from lazaretto.run.database import Database
from lazaretto.run.dmarc_reports import dmarc_reporter
from lazaretto.run.gathering import header_of
from lazaretto.run.home import Home
from lazaretto.run.settings import load_settings
from lazaretto.run.spoolroom import spool_room
from lazaretto.spool.acceptor import Acceptor
from tests.integration.running_product import eventually, letter, running_product
from tests.journeys.conftest import Platform
from tests.load import product as load_product

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

DNS = {
    **load_product.DNS,
    "_dmarc.partner.example": {"TXT": ["v=DMARC1; p=reject; rua=mailto:owner@partner.example"]},
    "partner.example": {"TXT": ["v=spf1 ip4:198.51.100.1 ?all"], "MX": ["10 mx.partner.example"]},
}
NAMESPACES = {"": "urn:ietf:params:xml:ns:dmarc-2.0"}


def test_a_refused_forgery_is_reported_to_its_owner_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(load_product, "DNS", DNS)
    settings = '[listen]\nhost_name = "mx.ours.example"\n[delivery]\nrelay = "127.0.0.1:{sink}"\n'
    with running_product(tmp_path, settings) as platform:
        replies = [platform.send(letter(), "bob@one.example")[0] for _ in range(3)]
        assert all(reply.startswith("550") and "DMARC" in reply for reply in replies), replies
        home = Home.at(str(platform.product.home))
        tomorrow = datetime.now(UTC) + timedelta(days=1, hours=12)
        rows = eventually(lambda: _counted(home) if sum(r.messages for r in _counted(home)) == 3 else None)

        first = asyncio.run(_send_due(home, tomorrow))
        again = asyncio.run(_send_due(home, tomorrow))
        (report,) = eventually(lambda: _reports(platform))

    assert [row.told["disposition"] for row in rows] == ["reject"]
    assert (first, again) == (1, 0)
    message = message_from_bytes(report, policy=default)
    (attachment,) = message.iter_attachments()
    feedback = ElementTree.fromstring(gzip.decompress(attachment.get_content()))
    assert feedback.findtext("record/row/count", namespaces=NAMESPACES) == "3"
    assert feedback.findtext("record/row/source_ip", namespaces=NAMESPACES) == "127.0.0.1"
    assert feedback.findtext("record/auth_results/spf/result", namespaces=NAMESPACES) == "neutral"
    assert message["To"] == "owner@partner.example"


def _counted(home: Home) -> list[Row]:
    async def read() -> list[Row]:
        trace = Pool(Database(home, load_settings(home)).dsn("trace"), 1)
        try:
            days = [datetime.now(UTC).date() - timedelta(days=back) for back in (0, 1)]
            counts = DmarcCounts(trace)
            return [row for day in days for row in await counts.rows(Due(day, "partner.example"), 10)]
        finally:
            await trace.close()

    return asyncio.run(read())


async def _send_due(home: Home, now: datetime) -> int:
    settings = load_settings(home)
    trace = Pool(Database(home, settings).dsn("trace"), 1)
    async with spool_room(home, settings, "test") as room:
        acceptor = Acceptor(room.pool, room.contents, room.node, settings.spool, read_header=header_of)
        resolver = FileResolver(home.folder / "dns.json")
        reporter = dmarc_reporter(settings, DmarcCounts(trace), resolver, acceptor.commit_composed)
        done = await reporter.send_due(now)
    await trace.close()
    return done


def _reports(platform: Platform) -> list[bytes]:
    kept = [path.read_bytes() for path in platform.kept.iterdir()]
    return [octets for octets in kept if b"Report Domain: partner.example" in octets]

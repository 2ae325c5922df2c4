"""The time machine finds by index exactly what judging every message finds."""

from __future__ import annotations

import asyncio
import random
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from lazaretto.core.events import EventKind
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.db.partitions import ensure
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.journal.looks import look_story
from lazaretto.journal.outbox import OutboxEvent
from lazaretto.journal.shipping import _row_set
from lazaretto.journal.tables import LOOK
from lazaretto.pipeline.backtesting import Span, backtest
from lazaretto.tenants.changing import changed_document
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document

BEGIN = datetime(2026, 5, 1, tzinfo=UTC)
SPAN = Span(since=BEGIN, until=BEGIN + timedelta(days=3))
IN_FORCE = """\
tenant: acme
domains: {customer.example: {}}
approved_senders: [partner.example, 198.51.100.0/24]
blocked_senders: [bad.example]
rules:
- name: invoices
  when: {symbols: [INVOICE]}
  action: {tag_subject: "[INVOICE] "}
- name: bad scores
  when: {score_at_least: 6.5}
  action: {tag_subject: "[BAD] "}
newsletters: {wanted: [{list: news.shop.example, signed_by: shop.example}]}
personal_lists:
  bob@customer.example: {blocked: [other.example], approved: [fourth.example]}
groups:
  directors: {members: [chief@customer.example], settings: {antispam: {spam: quarantine}}}
"""
SYMBOLS = ("SPAMMY", "INVOICE", "SPF_FAIL", "DMARC_PASS", "FROM_LOOKALIKE_DOMAIN", "HINT")
BOB, CHIEF = "bob@customer.example", "chief@customer.example"
LISTS = ("news.shop.example", "deals.shop.example", "")
SENDERS = ("ann@partner.example", "x@bad.example", "y@news.other.example", "z@fourth.example", "")


def compiled(text: str) -> TenantSnapshot:
    return compile_snapshot(parse_document(text, "x"), TenantId(7), 1)


def an_event(number: int, chance: random.Random) -> OutboxEvent:
    sender = chance.choice(SENDERS)
    domain = sender.rpartition("@")[2]
    proved = {"result": "pass", "domain": domain} if chance.random() < 0.7 else {"result": "none"}
    findings: list[dict[str, Any]] = [
        {
            "symbol": name,
            "score": round(chance.uniform(-1, 4), 1),
            "evidence": "",
            **({"class": chance.choice(["spam", "phishing", "bulk"])} if chance.random() < 0.6 else {}),
        }
        for name in chance.sample(SYMBOLS, chance.randint(0, 4))
    ]
    if chance.random() < 0.05:
        findings.append({"symbol": "ENCRYPTED_CONTENT", "score": 0.0, "class": "unscannable"})
    list_id = chance.choice(LISTS)
    if list_id == "news.shop.example":
        findings.append({"symbol": "NEWSLETTER_WANTED", "score": 0.0, "evidence": list_id})
    if list_id:
        findings.append({"symbol": "BULK_MAIL", "score": 8.0, "class": "bulk"})
    spam = sum(each["score"] for each in findings if each.get("class") in (None, "spam"))
    phishing = sum(each["score"] for each in findings if each.get("class") in (None, "phishing"))
    bulk = sum(each["score"] for each in findings if each.get("class") == "bulk")
    moment = BEGIN + timedelta(minutes=number)
    return OutboxEvent(
        kind=EventKind.SCANNED,
        at=moment,
        tenant=7,
        message=UUID(int=number + 1),
        received_at=moment,
        details={
            "findings": findings,
            "score": spam,
            "sums": {"spam": spam, "phishing": phishing, "bulk": bulk},
            "facts": {
                "reverse_path": sender,
                "authors": [sender] if sender else [],
                "client_ip": chance.choice(["198.51.100.7", "203.0.113.9", "192.0.2.1"]),
                "spf": proved,
                "dkim": [{"result": "pass", "domain": "shop.example"}] if list_id else [],
                "list_id": list_id,
            },
            "versions": {"rules": "1.0", "bundle": "built-in 1.0" if number < 400 else "17"},
            "copies": [
                {"direction": "inbound", "recipients": ["bob@customer.example", "chief@customer.example"]}
            ],
        },
    )


@pytest.fixture(scope="module")
def trace(databases) -> str:  # type: ignore[no-untyped-def]
    chance = random.Random(6)
    stories = [look_story(an_event(number, chance)) for number in range(600)]

    async def fill() -> None:
        pool = Pool(databases.trace, 2)
        async with pool.transaction() as connection:
            await ensure(connection, LOOK, [story.received_at for story in stories])
            await connection.execute(
                query("lazaretto.journal", "add_looks"), {"looks": _row_set(stories)}, prepare=False
            )
        await pool.close()

    asyncio.run(fill())
    return str(databases.trace)


@pytest.mark.parametrize(
    ("change", "touches"),
    [
        pytest.param("antispam: {thresholds: {spam: 4.0}}", True, id="a lower limit"),
        pytest.param("antispam: {thresholds: {phishing: 9.0}}", True, id="a higher limit for phishing"),
        pytest.param("antispam: {spam: delete}", True, id="another action"),
        pytest.param("antispam: {spf: log}", True, id="SPF only logged"),
        pytest.param("antimalware: {encrypted: tag-subject}", True, id="encrypted mail is tagged"),
        pytest.param("approved_senders: {remove: [partner.example]}", True, id="an approval ends"),
        pytest.param("approved_senders: {add: [203.0.113.0/24]}", True, id="a network is approved"),
        pytest.param("blocked_senders: {add: [other.example]}", True, id="a domain is blocked"),
        pytest.param("rules: {remove: [invoices]}", True, id="a rule goes"),
        pytest.param("rules: {remove: [bad scores]}", True, id="a rule about scores goes"),
        pytest.param("newsletters: {wanted: []}", True, id="a newsletter is not wanted any more"),
        pytest.param(
            "newsletters: {wanted: [{list: deals.shop.example, signed_by: shop.example}]}",
            True,
            id="another newsletter is wanted",
        ),
        pytest.param(
            "personal_lists: {bob@customer.example: {blocked: [partner.example]}}", True, id="a person's list"
        ),
        pytest.param("blocked_senders: {add: [192.0.2.0/24, 192.0.2.1]}", True, id="networks that overlap"),
        pytest.param("antispam: {approved_ips: false}", True, id="approved addresses are switched off"),
        pytest.param("groups: {directors: {settings: {antispam: {spam: delete}}}}", True, id="a group"),
        pytest.param("address_registration: off", True, id="without registration"),
        pytest.param("language: fr", False, id="a language"),
        pytest.param("antispam: {dynamic_ip: log}", False, id="a method that found nothing"),
    ],
)
def test_the_index_misses_nothing(trace: str, change: str, touches: bool) -> None:
    before = compiled(IN_FORCE)
    after = compile_snapshot(changed_document(IN_FORCE, change, "change.yaml"), TenantId(7), 2)

    by_index = backtest(trace, before, after, SPAN, processes=1)
    whole = backtest(trace, before, after, SPAN, full=True, processes=1)

    assert by_index.changed == whole.changed
    assert bool(whole.changed) is touches
    assert (by_index.kept, whole.judged) == (600, 600)
    assert by_index.judged < 600


def test_the_rules_of_the_time_are_named(trace: str) -> None:
    before = compiled(IN_FORCE)
    after = compiled(IN_FORCE.replace("spam: quarantine", "spam: delete"))

    whole = backtest(trace, before, after, SPAN, full=True, processes=1)

    assert whole.rules == {"built-in 1.0": 400, "bundle 17, program 1.0": 200}


def test_what_takes_the_message_itself_is_told(trace: str) -> None:
    before = compiled(IN_FORCE)
    after = compiled(f"{IN_FORCE}protected_names: [Ann Example]\n")

    assert backtest(trace, before, after, SPAN, processes=1).not_replayed == ("protected_names",)

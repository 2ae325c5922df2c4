"""Reports go to those who want them, once, and say what was evaluated."""

from __future__ import annotations

import gzip
from collections.abc import Sequence
from datetime import UTC, date, datetime
from email import message_from_bytes
from email.policy import default
from uuid import uuid4
from xml.etree import ElementTree

import pytest

from lazaretto.core.events import EventKind
from lazaretto.core.facts import DnsAnswer, DnsStatus
from lazaretto.core.queued import ComposedMessage
from lazaretto.delivery.daily import due_at
from lazaretto.delivery.dmarc_report import NAMESPACE, Reporter
from lazaretto.delivery.dmarc_reporting import DmarcReporter, Target, targets_in
from lazaretto.journal.dmarc_counts import Due, Row, counts_in
from lazaretto.journal.outbox import OutboxEvent

DAY = date(2026, 9, 1)
LATER = datetime(2026, 9, 2, 12, 0, tzinfo=UTC)
RECORD = "v=DMARC1; p=Quarantine; adkim=s; rua=mailto:Reports@sender.example,mailto:box@vendor.example!1m"
TOLD = {
    "ip": "192.0.2.7",
    "disposition": "quarantine",
    "reason": "",
    "dkim": "fail",
    "spf": "fail",
    "header_from": "sender.example",
    "envelope_from": "stranger.example",
    "signatures": [["stranger.example", "s1", "pass"]],
    "spf_result": "pass",
}
REPORTER = Reporter(submitter="mx.ours.example", organization="Ours & Co", contact="dmarc@ours.example")


class Counts:
    """What was counted, in memory; implements what the reporter needs of ``DmarcCounts``."""

    def __init__(self, *rows: Row) -> None:
        self._rows = rows
        self.noted: dict[str, str] = {}

    async def unreported(self, *, since: date, before: date, wanted: int) -> list[Due]:
        return [] if "" in self.noted else [Due(DAY, "sender.example")]

    async def rows(self, due: Due, wanted: int) -> Sequence[Row]:
        return self._rows[:wanted]

    async def note(self, due: Due, target: str, outcome: str, now: datetime) -> None:
        self.noted[target] = outcome


class Zone:
    """Answers TXT from a table; None is silence."""

    def __init__(self, records: dict[str, str | None]) -> None:
        self.records = records

    async def ask(self, name: str, kind: str) -> DnsAnswer:
        if name not in self.records:
            return DnsAnswer(DnsStatus.NO_DOMAIN)
        text = self.records[name]
        return DnsAnswer(DnsStatus.TIMEOUT) if text is None else DnsAnswer(DnsStatus.ANSWER, (text,))


async def _send(
    records: dict[str, str | None], record: str = RECORD, now: datetime = LATER
) -> tuple[list[ComposedMessage], Counts]:
    sent: list[ComposedMessage] = []

    async def commit(message: ComposedMessage) -> None:
        sent.append(message)

    counts = Counts(Row(record, TOLD, 3), Row(record, {**TOLD, "ip": "2001:db8::1"}, 1))
    reporter = DmarcReporter(counts, Zone(records), commit, REPORTER)  # type: ignore[arg-type]
    await reporter.send_due(now)
    await reporter.send_due(now)
    return sent, counts


async def test_the_owner_gets_one_report_and_nobody_else_unasked() -> None:
    sent, counts = await _send({})

    assert [each.recipients for each in sent] == [("Reports@sender.example",)]
    assert counts.noted[""] == "1 of 2 addresses"


@pytest.mark.parametrize(
    ("record", "addresses"),
    [
        pytest.param("v=DMARC1", ["Reports@sender.example", "box@vendor.example"], id="it wants them"),
        pytest.param(
            "v=DMARC1; rua=mailto:other@vendor.example",
            ["Reports@sender.example", "other@vendor.example"],
            id="at another address of its own",
        ),
        pytest.param(
            "v=DMARC1; rua=mailto:victim@else.example",
            ["Reports@sender.example", "box@vendor.example"],
            id="it may not name somebody else",
        ),
        pytest.param("yes please", ["Reports@sender.example"], id="no record"),
    ],
)
async def test_an_address_of_somebody_else_must_want_reports(record: str, addresses: list[str]) -> None:
    sent, _ = await _send({"sender.example._report._dmarc.vendor.example": record})

    assert [each.recipients[0] for each in sent] == addresses


async def test_while_the_dns_is_silent_a_report_waits() -> None:
    sent, counts = await _send({"sender.example._report._dmarc.vendor.example": None})

    assert sent == []
    assert counts.noted == {}


async def test_a_report_beyond_the_size_that_is_wanted_is_not_sent() -> None:
    sent, counts = await _send({}, "v=DMARC1; p=none; rua=mailto:a@sender.example!10")

    assert sent == []
    assert counts.noted["a@sender.example"].startswith("too large")


async def test_nothing_goes_out_before_its_day_is_over() -> None:
    early = due_at(DAY, "sender.example")

    assert (await _send({}, now=early.replace(hour=0, minute=1)))[0] == []


async def test_the_report_says_what_was_evaluated() -> None:
    (mail, *_), _ = await _send({})
    message = message_from_bytes(mail.octets, policy=default)
    (attachment,) = message.iter_attachments()
    feedback = ElementTree.fromstring(gzip.decompress(attachment.get_content()))

    def text(path: str) -> list[str | None]:
        return [each.text for each in feedback.findall(path, {"": NAMESPACE})]

    assert attachment.get_filename().startswith("mx.ours.example!sender.example!1788220800!1788307199!")
    assert text("report_metadata/org_name") == ["Ours & Co"]
    assert text("report_metadata/date_range/begin") == ["1788220800"]
    assert text("policy_published/p") == ["quarantine"]
    assert text("policy_published/adkim") == ["s"]
    assert text("record/row/count") == ["3", "1"]
    assert text("record/row/source_ip") == ["192.0.2.7", "2001:db8::1"]
    assert text("record/row/policy_evaluated/disposition") == ["quarantine", "quarantine"]
    assert text("record/identifiers/header_from")[0] == "sender.example"
    assert text("record/auth_results/dkim/selector")[0] == "s1"
    assert mail.octets.count(b"\n") == mail.octets.count(b"\r\n")


@pytest.mark.parametrize(
    ("rua", "targets"),
    [
        ("mailto:a@b.example", [Target("a@b.example")]),
        ("MAILTO:a%2Bx@b.example!5K", [Target("a+x@b.example", 5120)]),
        ("https://b.example/x, mailto:a@b.example?subject=x", [Target("a@b.example")]),
        ("mailto:a@b.example,mailto:A@b.example", [Target("a@b.example")]),
        ("mailto:a\r\nBcc: x@b.example", []),
        ("mailto:<a@b.example>", []),
        ("mailto:a@localhost", []),
        (
            ",".join(f"mailto:a{n}@b.example" for n in range(99)),
            [Target(f"a{n}@b.example") for n in range(5)],
        ),
        ("", []),
    ],
)
def test_only_plain_addresses_are_written_to(rua: str, targets: list[Target]) -> None:
    assert targets_in(f"v=DMARC1; p=none; rua={rua}") == targets


def _event(
    disposition: str, *, rule: str = "antispam.dmarc", result: str = "fail", **more: object
) -> OutboxEvent:
    facts = {
        "client_ip": "192.0.2.7",
        "spf": {"result": "pass", "domain": "stranger.example"},
        "dkim": [{"result": "fail", "domain": "sender.example", "selector": "s1"}],
        "dmarc": {
            "result": result,
            "domain": "sender.example",
            "policy_domain": "sender.example",
            "policy": "reject",
            "record": RECORD,
            "aligned_by": ["dkim"] if result == "pass" else [],
        },
    }
    copy = {"disposition": disposition, "direction": "inbound", "settings": [{"rule": rule}], **more}
    now = datetime(2026, 9, 1, 23, 59, tzinfo=UTC)
    return OutboxEvent(
        kind=EventKind.SCANNED,
        at=now,
        tenant=1,
        message=uuid4(),
        received_at=now,
        details={"facts": facts, "copies": [copy]},
    )


def _told(*events: OutboxEvent) -> list[tuple[str, str, int]]:
    return [
        (each["told"]["disposition"], each["told"]["reason"], each["messages"]) for each in counts_in(events)
    ]


def test_equal_evaluations_are_one_row() -> None:
    assert _told(*[_event("reject")] * 5) == [("reject", "", 5)]


def test_less_than_was_asked_for_is_said_with_the_reason() -> None:
    assert _told(_event("quarantine")) == [("quarantine", "the recipient's own settings", 1)]
    assert _told(_event("reject", rule="antispam.blocked_ips")) == [
        ("none", "the recipient's own settings", 1)
    ]
    assert _told(_event("deliver", result="temperror")) == [("none", "the DNS did not answer", 1)]


def test_what_was_done_is_what_was_judged() -> None:
    assert _told(_event("quarantine", judged="reject")) == [("reject", "", 1)]


def test_a_pass_is_a_pass_whatever_else_was_done() -> None:
    assert _told(_event("reject", rule="antispam.spam", result="pass")) == [("pass", "", 1)]


def test_what_leaves_is_not_reported() -> None:
    assert _told(_event("deliver", direction="outbound")) == []

"""Reports of deliveries are known by their form, which takes more than a subject."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Facts
from lazaretto.detect.content.report_checks import ReportChecks
from lazaretto.mail.scanner import view_of

STATUS = "Reporting-MTA: dns; b.example\r\n\r\nFinal-Recipient: rfc822; c@b.example\r\nAction: failed"


def _is_report(
    author: str = "MAILER-DAEMON@mx.b.example",
    text: str = "Nobody of that name is here.",
    status: str = STATUS,
    kind: str = "multipart/report; report-type=delivery-status",
    reverse_path: str = "",
) -> bool:
    message = (
        f"From: {author}\r\nSubject: Undelivered mail\r\nContent-Type: {kind}; boundary=x\r\n\r\n"
        f"--x\r\n\r\n{text}\r\n"
        f"--x\r\nContent-Type: message/delivery-status\r\n\r\n{status}\r\n"
        "--x\r\nContent-Type: message/rfc822\r\n\r\nFrom: a@a.example\r\n\r\n"
        "http://a.example http://b http://c\r\n--x--\r\n"
    )
    facts = Facts(
        received_at=datetime(2026, 5, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"), reverse_path=reverse_path
    )
    return bool(ReportChecks().look(view_of(message.encode()), facts, None))


def test_a_report_of_a_server_is_one() -> None:
    assert _is_report()
    assert _is_report(author="Postmaster <postmaster@b.example>", text="Der Empfänger ist unbekannt.")


@pytest.mark.parametrize(
    "other",
    [
        pytest.param({"author": "Ann <ann@b.example>"}, id="from a person"),
        pytest.param({"reverse_path": "shop@b.example"}, id="returns are wanted"),
        pytest.param({"status": "You have 9 messages on hold"}, id="no fields of a status"),
        pytest.param(
            {"text": "Release them: http://x.test http://y.test http://z.test"}, id="leads elsewhere"
        ),
        pytest.param({"kind": "multipart/mixed"}, id="no report"),
    ],
)
def test_what_only_looks_like_a_report_is_none(other: dict[str, str]) -> None:
    assert not _is_report(**other)

"""Notices reach those who may be told, and can never be made to reach anybody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from email import message_from_bytes
from email.policy import default

import pytest

from lazaretto.core.decision import Notice
from lazaretto.core.envelope import Direction
from lazaretto.core.identity import TenantId
from lazaretto.core.queued import ComposedMessage
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.mail.scanner import view_of
from lazaretto.pipeline.notice_words import BODIES
from lazaretto.pipeline.noticing import Told, audience_of, may_answer, notices
from lazaretto.testing.messages import a_judgement, a_submission

SNAPSHOT = TenantSnapshot(
    tenant=TenantId(1), name="acme", version=1, domains={}, administrators=("adm@customer.example",)
)
BOB, ANN = ("bob@customer.example",), "ann@sender.example"
NOTICE = Notice(
    tenant=TenantId(1),
    audience="administrator",
    rule="no invoices",
    to=SNAPSHOT.administrators,
    about=BOB,
    disposition="quarantine",
    language="en",
)


@pytest.mark.parametrize(
    ("audience", "direction", "reverse_path", "trusted", "to"),
    [
        pytest.param("administrator", Direction.INBOUND, ANN, False, SNAPSHOT.administrators, id="them"),
        pytest.param("recipient", Direction.INBOUND, ANN, False, BOB, id="recipient"),
        pytest.param("recipient", Direction.OUTBOUND, ANN, True, (), id="a correspondent"),
        pytest.param("sender", Direction.INBOUND, ANN, True, (ANN,), id="a proved sender"),
        pytest.param("sender", Direction.INBOUND, ANN, False, (), id="a sender whom nobody vouches for"),
        pytest.param("sender", Direction.INBOUND, "", True, (), id="the null reverse path"),
        pytest.param("administrator", Direction.INBOUND, "", True, (), id="a notice about a notice"),
    ],
)
def test_who_is_told(
    audience: str, direction: Direction, reverse_path: str, trusted: bool, to: object
) -> None:
    assert audience_of(audience, SNAPSHOT, direction, BOB, reverse_path, may_tell_sender=trusted) == to


@pytest.mark.parametrize(
    ("header", "answered"),
    [
        (b"", True),
        (b"Auto-Submitted: no\r\n", True),
        (b"Auto-Submitted: auto-replied\r\n", False),
        (b"Precedence: bulk\r\n", False),
        (b"List-Id: <x.example>\r\n", False),
    ],
)
def test_programs_and_lists_are_never_answered(header: bytes, answered: bool) -> None:
    assert may_answer(view_of(b"From: a@b.example\r\n" + header + b"\r\nx\r\n")) is answered


def composed(notice: Notice = NOTICE, **more: object) -> ComposedMessage:
    submission = replace(a_submission(*BOB), **more)  # type: ignore[arg-type]
    judgement = replace(a_judgement(), notices=(notice,))
    (message,) = notices(Told(submission=submission, judgement=judgement, host_name="mx.example"))
    return message


def test_a_notice_cannot_be_answered_by_a_program() -> None:
    message = composed()
    read = message_from_bytes(message.octets, policy=default)

    assert message.reverse_path == ""
    assert read["Auto-Submitted"] == "auto-generated"
    assert "no invoices" in read.get_content()  # type: ignore[attr-defined]


def test_a_flood_within_an_hour_is_one_notice() -> None:
    first = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)

    soon = composed(received_at=first + timedelta(minutes=59))
    later = composed(received_at=first + timedelta(minutes=60))

    assert composed(received_at=first).id == soon.id != later.id


@pytest.mark.parametrize("language", sorted(BODIES))
@pytest.mark.parametrize("audience", ["administrator", "recipient", "sender", "rule-failure"])
def test_notices_speak_every_language(language: str, audience: str) -> None:
    notice = replace(NOTICE, language=language, audience=audience)

    assert composed(notice).octets

"""Notices about oversize mail: they cannot be answered, cannot loop and quote nothing dangerous."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast

import pytest

from lazaretto.core.envelope import Client, Direction
from lazaretto.core.queued import ComposedMessage
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.edge.notice_texts import TEXTS
from lazaretto.edge.notices import MOST_RECIPIENTS, Circumstances, Oversize, notices
from lazaretto.testing.edge_fakes import ACME

MANAGED = replace(ACME, administrators=("admin@customer.example", "zoë@customer.example"))
ABOUT = Circumstances(
    reverse_path="ann@sender.example",
    client=Client(ip="192.0.2.1", helo="mail.sender.example"),
    at=datetime(2026, 5, 1, 12, 30, tzinfo=UTC),
    host_name="mx.lazaretto.example",
)


def told(
    *recipients: str,
    tenant: TenantSnapshot = MANAGED,
    about: Circumstances = ABOUT,
    direction: Direction = Direction.INBOUND,
) -> list[ComposedMessage]:
    return list(
        notices([Oversize(tenant, each, direction, 61_000_000, 50_000_000) for each in recipients], about)
    )


def read(notice: ComposedMessage) -> EmailMessage:
    return cast(EmailMessage, message_from_bytes(notice.octets, policy=default))


@pytest.mark.parametrize("language", sorted(TEXTS))
def test_recipient_and_administrators_are_told_in_the_tenants_language(language: str) -> None:
    to_recipient, to_administrators = told("bob@customer.example", tenant=replace(MANAGED, language=language))

    assert to_recipient.recipients == ("bob@customer.example",)
    assert to_administrators.recipients == MANAGED.administrators
    for notice in (to_recipient, to_administrators):
        message = read(notice)
        assert message["Subject"] == TEXTS[language].subject
        body = message.get_content()
        assert "{" not in body
        assert "ann@sender.example" in body
        assert "61.0" in body
        assert "50.0" in body


def test_a_notice_cannot_be_answered_and_says_that_a_program_made_it() -> None:
    notice = told("bob@customer.example")[0]

    assert notice.reverse_path == ""
    message = read(notice)
    assert message["Auto-Submitted"] == "auto-generated"
    assert message["Message-ID"] == notice.message_id
    assert message["To"] == "bob@customer.example"
    assert message["Date"] is not None
    assert notice.octets.isascii()
    assert b"\n" not in notice.octets.replace(b"\r\n", b"")
    assert max(map(len, notice.octets.split(b"\r\n"))) <= 998


def test_within_an_hour_a_notice_has_one_identity() -> None:
    later = replace(ABOUT, at=ABOUT.at.replace(minute=59), reverse_path="ANN@sender.example")
    next_hour = replace(ABOUT, at=ABOUT.at.replace(hour=13))

    first, again, other = (
        told("bob@customer.example", about=each)[0].id for each in (ABOUT, later, next_hour)
    )

    assert first == again != other


def test_recipients_do_not_learn_of_one_another() -> None:
    many = [f"u{number}@customer.example" for number in range(MOST_RECIPIENTS + 5)]

    to_recipients, to_administrators = told(*many)

    assert len(to_recipients.recipients) == MOST_RECIPIENTS
    assert b"u1@" not in to_recipients.octets
    assert "(+5)" in read(to_administrators).get_content()


def test_what_a_stranger_says_stays_one_line_of_text() -> None:
    hostile = replace(ABOUT, reverse_path='"a\r\n\r\nBcc: x"@sender.example')

    for notice in told('"x\r\nBcc: y"@customer.example', about=hostile):
        assert read(notice)["Bcc"] is None
        assert "\nBcc" not in read(notice).get_content()


def test_correspondents_outside_are_told_nothing() -> None:
    (notice,) = told("eve@elsewhere.example", direction=Direction.OUTBOUND)

    assert notice.recipients == MANAGED.administrators
    assert told("eve@elsewhere.example", tenant=ACME, direction=Direction.OUTBOUND) == []

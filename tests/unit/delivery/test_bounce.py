"""Notifications are sound reports, go only where they may, and cannot be bent by what strangers wrote."""

from __future__ import annotations

import email
import email.policy
from dataclasses import replace
from email.message import EmailMessage
from typing import cast

import pytest

from lazaretto.core.queued import ComposedMessage, Outcome, QueuedCopy, RecipientOutcome, Remote
from lazaretto.core.reply import Reply
from lazaretto.delivery.bounce import Notice, compose
from lazaretto.testing.copies import MESSAGE, NOON, a_copy

NO = Reply(550, "5.1.1", "no such user")
HEADER = b"From: a@sender.example\r\nSubject: hello"
INJECTION = "x\r\nBcc: victim@other.example\r\n\r\n--boundary\nEvil: 1\x00\x0b\x85\u2028"


def an_outcome(number: int = 0, reply: Reply = NO, host: str = "mx.customer.example") -> RecipientOutcome:
    return RecipientOutcome(number=number, outcome=Outcome.FAILED, reply=reply, remote=Remote(host=host))


def composed(
    copy: QueuedCopy, *outcomes: RecipientOutcome, notice: Notice = Notice.FAILED, original: bytes = HEADER
) -> ComposedMessage | None:
    told = outcomes or (an_outcome(),)
    return compose(notice, copy, told, original=original, hostname="gw.example", now=NOON)


def parsed(message: ComposedMessage | None) -> EmailMessage:
    assert message is not None
    return cast(EmailMessage, email.message_from_bytes(message.octets, policy=email.policy.SMTP))


def status_of(message: ComposedMessage | None) -> list[dict[str, str]]:
    """Return the groups of fields of the report's second part."""
    report = list(parsed(message).iter_parts())[1]
    assert report.get_content_type() == "message/delivery-status"
    return [dict(group.items()) for group in report.get_payload()]  # type: ignore[union-attr]


def test_a_failure_is_a_report_in_three_parts_to_the_return_path() -> None:
    message = composed(a_copy())

    report = parsed(message)
    assert message is not None
    assert (message.reverse_path, message.recipients) == ("", ("a@sender.example",))
    assert report.get_content_type() == "multipart/report"
    assert report.get_param("report-type") == "delivery-status"
    assert report["Auto-Submitted"] == "auto-replied"
    assert report["To"] == "a@sender.example"
    parts = [part.get_content_type() for part in report.iter_parts()]
    assert parts == ["text/plain", "message/delivery-status", "text/rfc822-headers"]


def test_the_status_says_what_the_host_said() -> None:
    about, recipient = status_of(composed(a_copy()))

    assert about["Reporting-MTA"] == "dns; gw.example"
    assert recipient["Final-Recipient"] == "rfc822; b@customer.example"
    assert recipient["Action"] == "failed"
    assert recipient["Status"] == "5.1.1"
    assert recipient["Remote-MTA"] == "dns; mx.customer.example"
    assert recipient["Diagnostic-Code"] == "smtp; 550 5.1.1 no such user"


def test_people_are_told_in_words() -> None:
    text = next(parsed(composed(a_copy())).iter_parts()).get_content()

    assert "could not be delivered" in text
    assert "<b@customer.example>" in text
    assert "550 5.1.1 no such user" in text


@pytest.mark.parametrize(
    ("language", "subject", "words"),
    [
        ("en", "Undelivered mail: returned to you", "does not know this address"),
        ("fr", "Message non remis : il vous est retourné", "ne connaît pas cette adresse"),
        ("nl", "Niet bezorgd bericht: naar u teruggestuurd", "kent dit adres niet"),
        ("de", "Nicht zugestellte Nachricht: zurück an Sie", "kennt diese Adresse nicht"),
    ],
)
def test_people_are_told_in_their_language(language: str, subject: str, words: str) -> None:
    message = compose(
        Notice.FAILED, a_copy(), (an_outcome(),), original=HEADER, hostname="gw.example", now=NOON,
        languages=(language,),
    )  # fmt: skip

    report = parsed(message)
    text = next(report.iter_parts())
    assert message is not None
    assert message.octets.isascii()
    assert (report["Subject"], message.subject) == (subject, subject)
    assert text["Content-Language"] == language
    assert words in text.get_content()
    assert "550 5.1.1 no such user" in text.get_content()


def test_a_stranger_is_told_in_english_and_below_in_the_tenants_language() -> None:
    message = compose(
        Notice.DELAYED, a_copy(), (an_outcome(),), original=HEADER, hostname="gw.example", now=NOON,
        languages=("en", "de"),
    )  # fmt: skip

    text = next(parsed(message).iter_parts()).get_content()
    assert text.index("has not reached") < text.index("noch nicht erreicht")
    assert parsed(message)["Subject"] == "Delayed mail: still being tried"


@pytest.mark.parametrize("notice", list(Notice))
@pytest.mark.parametrize("language", ["en", "fr", "nl", "de"])
def test_no_line_of_a_notice_is_too_long_for_smtp(notice: Notice, language: str) -> None:
    message = compose(
        notice, a_copy(notify=("SUCCESS", "FAILURE", "DELAY")), (an_outcome(),), original=HEADER,
        hostname="gw.example", now=NOON, languages=("en", language),
    )  # fmt: skip

    assert message is not None
    assert max(map(len, message.octets.split(b"\r\n"))) <= 998
    assert b"\n" not in message.octets.replace(b"\r\n", b"")


def test_a_delay_says_until_when_it_is_tried() -> None:
    _, recipient = status_of(composed(a_copy(), notice=Notice.DELAYED))

    assert recipient["Action"] == "delayed"
    assert recipient["Status"].startswith("4.")
    assert recipient["Will-Retry-Until"] == "Sun, 08 Mar 2026 12:00:00 +0000"


def test_envelope_id_and_original_recipient_are_given_back_decoded() -> None:
    copy = a_copy(envid="QQ+2B314")
    copy = replace(copy, recipients=(replace(copy.recipients[0], original="rfc822;b+2Bx@customer.example"),))

    about, recipient = status_of(composed(copy))

    assert about["Original-Envelope-Id"] == "QQ+314"
    assert recipient["Original-Recipient"] == "rfc822; b+x@customer.example"


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(a_copy(reverse_path=""), id="null reverse path"),
        pytest.param(a_copy(return_path_trusted=False), id="nobody vouches for the return path"),
        pytest.param(a_copy(notify=("NEVER",)), id="asked for none"),
        pytest.param(a_copy(notify=("SUCCESS", "DELAY")), id="asked for others"),
    ],
)
def test_nobody_is_told_who_may_not_or_would_not_be(copy: QueuedCopy) -> None:
    assert composed(copy) is None


def test_success_is_told_to_those_alone_who_asked() -> None:
    assert composed(a_copy(), notice=Notice.RELAYED) is None
    assert composed(a_copy(notify=("SUCCESS",)), notice=Notice.RELAYED) is not None


def test_the_same_notice_has_the_same_id() -> None:
    copy = a_copy("b@customer.example", "c@customer.example")
    both = (an_outcome(0), an_outcome(1))

    identities = [composed(copy, *both), composed(copy, *reversed(both)), composed(copy, an_outcome(0))]

    first, again, other = (message.id for message in identities if message is not None)
    assert first == again != other


@pytest.mark.parametrize(
    "copy",
    [
        pytest.param(a_copy(f"{INJECTION}@customer.example"), id="recipient"),
        pytest.param(a_copy(reverse_path=f"{INJECTION}@sender.example"), id="return path"),
        pytest.param(a_copy(envid="x+0D+0ABcc:+20victim+0D+0A+0D+0A"), id="envelope id"),
        pytest.param(a_copy(envid=INJECTION), id="raw envelope id"),
    ],
)
def test_nothing_from_the_envelope_starts_a_line_of_its_own(copy: QueuedCopy) -> None:
    told = an_outcome(reply=Reply(550, "5.1.1", INJECTION), host=INJECTION)

    message = composed(copy, told)

    assert message is not None
    lines = message.octets.split(b"\r\n")
    assert not [line for line in lines if line.startswith((b"Bcc", b"Evil", b"--boundary"))]
    assert not any(b"\r" in line or b"\n" in line or not line.isascii() for line in lines)
    assert all(len(line) <= 998 for line in lines)
    assert len(list(parsed(message).iter_parts())) == 3


def test_an_original_recipient_cannot_start_a_line_either() -> None:
    copy = a_copy()
    wicked = f"rfc822\r\nAction: delivered;{INJECTION}+0D+0AAction: relayed"
    copy = replace(copy, recipients=(replace(copy.recipients[0], original=wicked),))

    _, recipient = status_of(composed(copy))

    assert recipient["Action"] == "failed"


def test_the_original_header_cannot_end_the_report() -> None:
    message = composed(
        a_copy(), original=b"Subject: x\r\n\x00\xff: y\rBcc: z\nA: b\r\n--=_" + b"0" * 32 + b"--\r\n"
    )

    parts = list(parsed(message).iter_parts())

    assert [part.get_content_type() for part in parts][2:] == ["text/rfc822-headers"]
    assert message is not None
    assert message.octets.isascii()


def test_the_whole_message_comes_back_where_that_was_asked() -> None:
    whole = parsed(composed(a_copy(ret="FULL"), original=MESSAGE))
    header = parsed(composed(a_copy(ret="HDRS"), original=MESSAGE))

    returned = list(whole.iter_parts())[2]
    assert returned.get_content_type() == "message/rfc822"
    assert b"One." in returned.as_bytes()
    assert b"One." not in header.as_bytes()


def test_a_boundary_that_the_message_contains_is_not_used() -> None:
    copy = a_copy()
    first = parsed(composed(copy)).get_boundary()
    assert first is not None

    second = parsed(composed(copy, original=b"X: " + first.encode())).get_boundary()

    assert second != first

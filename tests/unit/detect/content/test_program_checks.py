"""Programs that are named but did not write the message."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Facts
from lazaretto.detect.content.program_checks import ProgramChecks
from lazaretto.mail.scanner import view_of

FACTS = Facts(received_at=datetime(2026, 5, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"))
# 0x01c781598399b6b0 is 2007-04-18 01:33:06 UTC in units of 100 ns since 1601.
OUTLOOK_ID = "<000f01c78159$8399b6b0$31c84b72@desk>"
THEN = "Wed, 18 Apr 2007 03:33:06 +0200"


def _found(identifier: str, date: str, program: str = "", boundary: str = "x") -> set[str]:
    message = (
        f"From: a@b.example\r\nMessage-ID: {identifier}\r\nDate: {date}\r\nX-Mailer: {program}\r\n"
        f'Content-Type: multipart/mixed; boundary="{boundary}"\r\n\r\n'
        f"--{boundary}\r\n\r\nhi\r\n--{boundary}--\r\n"
    )
    return {finding.symbol for finding in ProgramChecks().look(view_of(message.encode()), FACTS, None)}


@pytest.mark.parametrize(
    ("identifier", "date", "is_false"),
    [
        pytest.param(OUTLOOK_ID, THEN, False, id="outlook at that moment"),
        pytest.param(OUTLOOK_ID, "Wed, 18 Apr 2007 01:40:00 +0000", False, id="outlook minutes later"),
        pytest.param(OUTLOOK_ID, "Wed, 18 Apr 2007 03:33:06 +0000", True, id="local time in place of UTC"),
        pytest.param(OUTLOOK_ID, "Mon, 4 May 2026 10:00:00 +0000", True, id="years later"),
        pytest.param("<4626267D.9050208@b.example>", "Wed, 18 Apr 2007 14:09:00 +0000", False, id="mozilla"),
        pytest.param("<4626267D.9050208@b.example>", "Thu, 19 Apr 2007 14:09:00 +0000", True, id="forged"),
        pytest.param("<abc@b.example>", THEN, False, id="no time in it"),
    ],
)  # fmt: skip
def test_time_in_the_identifier_is_that_of_the_date(identifier: str, date: str, is_false: bool) -> None:
    assert ("MESSAGE_ID_FALSE_TIME" in _found(identifier, date)) == is_false


@pytest.mark.parametrize(
    ("identifier", "is_other"),
    [
        pytest.param("<20070418013306.AB12C@mx.b.example>", False, id="the same day"),
        pytest.param("<200704171900.l3HJ0a@mx.b.example>", False, id="the day before, in another zone"),
        pytest.param("<20070228033951.77@mx.b.example>", True, id="weeks before"),
        pytest.param("<x.20080418013306@mx.b.example>", True, id="a year later"),
        pytest.param("<20071318013306.1@mx.b.example>", False, id="no day at all"),
    ],
)
def test_day_in_the_identifier_is_that_of_the_date(identifier: str, is_other: bool) -> None:
    assert ("MESSAGE_ID_OTHER_DAY" in _found(identifier, THEN)) == is_other


@pytest.mark.parametrize(
    ("boundary", "is_false"),
    [
        pytest.param(
            "----=_NextPart_000_000B_01C7816A.471E40F0", False, id="two hours ahead, as the zone is"
        ),
        pytest.param("----=_NextPart_000_000B_01C78159.8399B6B0", True, id="no zone in it"),
        pytest.param("----=_NextPart_000_000B_01C7C16A.471E40F0", True, id="months later"),
        pytest.param("------------080304060106010607040505", False, id="of another program"),
    ],
)
def test_mark_between_parts_holds_the_local_time(boundary: str, is_false: bool) -> None:
    assert ("BOUNDARY_FALSE_TIME" in _found(OUTLOOK_ID, THEN, boundary=boundary)) == is_false


@pytest.mark.parametrize(
    ("program", "identifier", "is_foreign"),
    [
        pytest.param("Microsoft Outlook Express 6.00.2900.2180", OUTLOOK_ID, False, id="express"),
        pytest.param(
            "Microsoft Outlook Express 6.00.2900.2180", "<BAY141-DAV1@phx.gbl>", False, id="by hotmail"
        ),
        pytest.param(
            "Microsoft Outlook Express Macintosh Edition", "<E17y@b.example>", False, id="another express"
        ),
        pytest.param(
            "Microsoft Outlook IMO, Build 9.0", "<JHEPKCEMGPKFFDHHDDKDKELKFGAA.a@b>", False, id="imo"
        ),
        pytest.param(
            "Microsoft Outlook 16.0", "<038001d5e887$c5aac5f0$510051d0$@b.example>", False, id="today's"
        ),
        pytest.param("Mozilla", "<01c78117$f7a70ea0$6c822ecf@desk>", False, id="nothing of Microsoft"),
        pytest.param("Microsoft Outlook Express 6.00.2900.2180", "<kw--59$pjs04@z1>", True, id="not express"),
        pytest.param("Microsoft Outlook IMO, Build 9.0", "<GFOV3300.VU2@b.example>", True, id="not imo"),
        pytest.param(
            "Microsoft Office Outlook, Build 11", "<01c78117$f7a70ea0$6c822ecf@d>", True, id="uncounted"
        ),
    ],
)
def test_identifier_is_of_the_program_that_is_named(program: str, identifier: str, is_foreign: bool) -> None:
    assert ("MAILER_FOREIGN_ID" in _found(identifier, THEN, program)) == is_foreign


def test_nothing_is_said_without_a_date() -> None:
    assert _found(OUTLOOK_ID, "some day") == set()

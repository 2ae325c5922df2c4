"""Whether a message was written by the program that it names, and when it says.

Mail programs put the time into the Message-ID and into the mark between parts, each in its own way.
Programs that only borrow the name of another seldom get all of that right.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import ClassVar, Final

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.checks import answered, check, symbols_of
from lazaretto.detect.content.dates import date_of
from lazaretto.mail.view import MessageView

LEEWAY: Final = timedelta(minutes=30)
"""Identifier and date are written one after the other."""
WORLD: Final = timedelta(hours=14, minutes=30)
"""A time whose zone is not known may be this far from the same time in another."""
_EPOCH: Final = datetime(1601, 1, 1, tzinfo=UTC)
# A counter, the time in units of 100 ns since 1601 in two halves, and something of the machine.
_OUTLOOK_ID = re.compile(r"<[0-9a-f]{4}(01[0-9a-f]{6})\$([0-9a-f]{8})\$[0-9a-f]{8}\$?@", re.I)
_UNCOUNTED_ID = re.compile(r"<[0-9a-f]{8}\$[0-9a-f]{8}\$[0-9a-f]{8}@", re.I)
# The time in seconds since 1970, and a number.
_MOZILLA_ID = re.compile(r"<([3-6][0-9A-F]{7})\.\d{4,8}@")
_DAY_ID = re.compile(
    r"<(?:[\w.+-]{0,60}?[^\w]|[A-Za-z.]{0,40})?"
    r"((?:19|20)\d\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])([01]\d|2[0-3])([0-5]\d)(?:[0-5]\d)?[^\d]"
)
_BOUNDARY = re.compile(rb"_NextPart_[0-9A-F]{3}_[0-9A-F]{4}_(01[0-9A-F]{6})\.([0-9A-F]{8})")
_EXPRESS = re.compile(r"\s*microsoft outlook express [4-9]\.", re.I)
_IMO = re.compile(r"\s*microsoft outlook imo", re.I)
_OUTLOOK = re.compile(r"\s*microsoft (?:office )?outlook", re.I)
# What Outlook Express writes, and what Microsoft's servers put in its place.
_EXPRESS_ID = re.compile(
    r"<(?:[0-9a-f]{12}\$[0-9a-f]{8}\$[0-9a-f]{8}@|[0-9A-F]{32}@)|@phx\.gbl|@(?:\w+\.)?hotmail", re.I
)
_IMO_ID = re.compile(r"<(?:[A-P]{24,28}\.|[0-9a-f]{12}\$)|@phx\.gbl|@hotmail")


def _ticks(high: str | bytes, low: str | bytes) -> datetime:
    return _EPOCH + timedelta(microseconds=((int(high, 16) << 32) + int(low, 16)) // 10)


def _time_in_id(identifier: str) -> datetime | None:
    match = _OUTLOOK_ID.match(identifier)
    if match is not None:
        return _ticks(match[1], match[2])
    match = _MOZILLA_ID.match(identifier)
    return datetime.fromtimestamp(int(match[1], 16), UTC) if match is not None else None


def _false_time(message: MessageView, facts: Facts) -> str | None:
    date, made = date_of(message, "date"), _time_in_id(message.message_id.strip())
    if date is None or made is None or abs(made - date) <= LEEWAY:
        return None
    return f"{made:%Y-%m-%d %H:%M} in the identifier, {date.astimezone(UTC):%Y-%m-%d %H:%M} in the date"


def _other_day(message: MessageView, facts: Facts) -> str | None:
    match, date = _DAY_ID.match(message.message_id.strip()), date_of(message, "date")
    if match is None or date is None:
        return None
    try:
        year, month, day, hour, minute = map(int, match.groups())
        made = datetime(year, month, day, hour, minute, tzinfo=UTC)
    except ValueError:
        return None
    return f"{made:%Y-%m-%d}, not {date:%Y-%m-%d}" if abs(made - date) > WORLD else None


def _boundary_elsewhere(message: MessageView, facts: Facts) -> str | None:
    """The mark between parts holds local time, the identifier holds universal time."""
    date, match = date_of(message, "date"), _OUTLOOK_ID.match(message.message_id.strip())
    if date is None or match is None:
        return None
    for part in message.parts[:6]:
        mark = _BOUNDARY.search(part.header.raw) if part.is_container else None
        if mark is not None:
            apart = _ticks(mark[1], mark[2]) - _ticks(match[1], match[2])
            zone = date.utcoffset() or timedelta(0)
            return f"{apart} apart, not {zone}" if abs(apart - zone) > LEEWAY else None
    return None


def _foreign_id(message: MessageView, facts: Facts) -> str | None:
    program, identifier = message.header.decoded("x-mailer")[:80], message.message_id.strip()
    if not identifier or not _OUTLOOK.match(program):
        return None
    if _UNCOUNTED_ID.match(identifier):
        return identifier[:80]
    if _EXPRESS.match(program) and not _EXPRESS_ID.search(identifier):
        return identifier[:80]
    return identifier[:80] if _IMO.match(program) and not _IMO_ID.search(identifier) else None


CHECKS = (
    check("MESSAGE_ID_FALSE_TIME", "The Message-ID was made at another time than the date says", _false_time),
    check("MESSAGE_ID_OTHER_DAY", "The Message-ID names another day than the date", _other_day),
    check(
        "BOUNDARY_FALSE_TIME", "The mark between parts does not fit date and Message-ID", _boundary_elsewhere
    ),
    check("MAILER_FOREIGN_ID", "The Message-ID is not of the mail program that is named", _foreign_id),
)


class ProgramChecks:
    """Asks whether the mail program is the one that is named."""

    card: ClassVar = DetectorCard(
        name="content.program",
        summary="Finds messages that borrow the name of a mail program",
        service=Service.ANTISPAM,
        symbols=symbols_of(CHECKS),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report every question whose answer is yes."""
        return answered(CHECKS, message, facts)

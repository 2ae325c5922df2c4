"""TLS reports (RFC 8460): who wants them, their JSON, and reading those of others under bounds.

A report that comes in was written by a stranger: it is unpacked and read piece by piece under limits,
and what is kept of it is small whatever it says.
"""

from __future__ import annotations

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import msgspec

from lazaretto.protocol.paths import parse_rcpt
from lazaretto.protocol.syntax import BadSyntax

MOST_TARGETS: Final = 5
LONGEST_RECORD: Final = 4_096
MOST_PACKED: Final = 1_048_576
"""Octets of a report as it comes."""
MOST_OCTETS: Final = 8_388_608
"""Octets of its JSON."""
MOST_POLICIES: Final = 100
MOST_FAILURES: Final = 200
"""Of one policy."""
LONGEST_TEXT: Final = 255
MOST_LINES: Final = 50
_MOST_SESSIONS: Final = 2**53

_RECORD: Final = re.compile(r"v=TLSRPTv1[ \t]*;(?P<fields>.*)", re.DOTALL)
_GZIP: Final = b"\x1f\x8b"


class ReportUnreadable(ValueError):
    """Octets are no report; the words say why."""


def targets_in(records: Iterable[str]) -> tuple[str, ...]:
    """Return whither the TXT ``records`` of ``_smtp._tls.domain`` want reports: ``mailto:`` and ``https:``.

    Two records, or one that is not as it should be, count as none (RFC 8460 §3).
    """
    ours = [match for record in records if (match := _RECORD.fullmatch(record[:LONGEST_RECORD]))]
    if len(ours) != 1:
        return ()
    fields = (field.partition("=") for field in ours[0]["fields"].split(";"))
    wanted = next((value for name, _, value in fields if name.strip(" \t") == "rua"), "")
    usable = (_target(text.strip(" \t")) for text in wanted.split(","))
    return tuple(dict.fromkeys(target for target in usable if target))[:MOST_TARGETS]


def _target(text: str) -> str:
    """Return a usable target; empty when it is none."""
    if not text.isascii() or not text.isprintable() or " " in text:
        return ""
    scheme, _, rest = text.partition(":")
    if scheme.lower() == "mailto":
        return _mail_target(unquote(rest.partition("?")[0], errors="replace"))
    try:
        url = urlsplit(text)
        is_usable = url.scheme == "https" and bool(url.hostname) and url.port != 0 and url.username is None
    except ValueError:
        return ""
    return text if is_usable else ""


def _mail_target(address: str) -> str:
    try:
        parsed = parse_rcpt(f"TO:<{address}>".encode(), smtputf8=False).address
    except (BadSyntax, UnicodeError):
        return ""
    return "" if parsed is None or parsed.domain.startswith("[") else f"mailto:{parsed}"


@dataclass(frozen=True, slots=True, kw_only=True)
class FailureCount:
    """Sessions that failed in one way at one host."""

    result: str
    """A word of RFC 8460 §4.3."""
    sessions: int
    mx_host: str = ""
    receiving_ip: str = ""
    sending_ip: str = ""
    reason: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class PolicyCount:
    """What became of sessions under one policy."""

    type: str
    """``tlsa``, ``sts`` or ``no-policy-found``."""
    domain: str
    lines: tuple[str, ...] = ()
    """The policy itself, line by line or record by record."""
    mx_hosts: tuple[str, ...] = ()
    successful: int = 0
    failed: int = 0
    failures: tuple[FailureCount, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class TlsReport:
    """One organisation's report about one day."""

    organization: str
    contact: str
    id: str
    began: datetime
    ended: datetime
    policies: tuple[PolicyCount, ...]


def whole_day(day: date) -> tuple[datetime, datetime]:
    """Return the first and the last second of a UTC day."""
    return datetime.combine(day, time(), UTC), datetime.combine(day, time(23, 59, 59), UTC)


def written(report: TlsReport) -> bytes:
    """Return ``report`` as the JSON of RFC 8460 §4.4; what is empty is left out."""
    document = {
        "organization-name": report.organization,
        "date-range": {"start-datetime": _moment(report.began), "end-datetime": _moment(report.ended)},
        "contact-info": report.contact,
        "report-id": report.id,
        "policies": [_policy_document(policy) for policy in report.policies],
    }
    return msgspec.json.format(msgspec.json.encode(document), indent=1)


def _policy_document(policy: PolicyCount) -> dict[str, Any]:
    described = {
        "policy-type": policy.type,
        "policy-string": list(policy.lines),
        "policy-domain": policy.domain,
        "mx-host": list(policy.mx_hosts),
    }
    document: dict[str, Any] = {
        "policy": {key: value for key, value in described.items() if value},
        "summary": {
            "total-successful-session-count": policy.successful,
            "total-failure-session-count": policy.failed,
        },
    }
    if policy.failures:
        document["failure-details"] = [_failure_document(failure) for failure in policy.failures]
    return document


def _failure_document(failure: FailureCount) -> dict[str, Any]:
    described: dict[str, Any] = {
        "result-type": failure.result,
        "sending-mta-ip": failure.sending_ip,
        "receiving-mx-hostname": failure.mx_host,
        "receiving-ip": failure.receiving_ip,
        "failure-reason-code": failure.reason,
    }
    return {
        **{key: value for key, value in described.items() if value},
        "failed-session-count": failure.sessions,
    }


def _moment(at: datetime) -> str:
    return f"{at.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}"


# Reading.


class _Range(msgspec.Struct):
    start: str = msgspec.field(name="start-datetime")
    end: str = msgspec.field(name="end-datetime")


class _Described(msgspec.Struct):
    type: str = msgspec.field(name="policy-type")
    domain: str = msgspec.field(name="policy-domain")
    # Senders disagree on whether these are one text or several.
    lines: list[str] | str | None = msgspec.field(name="policy-string", default=None)
    hosts: list[str] | str | None = msgspec.field(name="mx-host", default=None)


class _Summary(msgspec.Struct):
    successful: int = msgspec.field(name="total-successful-session-count", default=0)
    failed: int = msgspec.field(name="total-failure-session-count", default=0)


class _Failure(msgspec.Struct):
    result: str = msgspec.field(name="result-type")
    sessions: int = msgspec.field(name="failed-session-count", default=0)
    mx_host: str | None = msgspec.field(name="receiving-mx-hostname", default=None)
    receiving_ip: str | None = msgspec.field(name="receiving-ip", default=None)
    sending_ip: str | None = msgspec.field(name="sending-mta-ip", default=None)
    reason: str | None = msgspec.field(name="failure-reason-code", default=None)


class _Policy(msgspec.Struct):
    policy: _Described
    summary: _Summary
    failures: list[_Failure] | None = msgspec.field(name="failure-details", default=None)


class _Report(msgspec.Struct):
    range: _Range = msgspec.field(name="date-range")
    id: str = msgspec.field(name="report-id")
    policies: list[_Policy]
    organization: str | None = msgspec.field(name="organization-name", default=None)
    contact: str | None = msgspec.field(name="contact-info", default=None)


_decoder: Final = msgspec.json.Decoder(_Report)


def read_report(octets: bytes) -> TlsReport:
    """Return the report in ``octets``, JSON or gzip of it; raise ``ReportUnreadable``."""
    try:
        document = _decoder.decode(_unpacked(octets))
        began, ended = _read_moment(document.range.start), _read_moment(document.range.end)
    except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError, OverflowError) as failure:
        raise ReportUnreadable(_text(str(failure)) or "it is not a report") from failure
    if not document.id or ended < began:
        raise ReportUnreadable("it has no id" if not document.id else "it ends before it begins")
    return TlsReport(
        organization=_text(document.organization),
        contact=_text(document.contact),
        id=_text(document.id),
        began=began,
        ended=ended,
        policies=tuple(_read_policy(policy) for policy in document.policies[:MOST_POLICIES]),
    )


def _unpacked(octets: bytes) -> bytes:
    if len(octets) > MOST_PACKED and octets.startswith(_GZIP):
        raise ReportUnreadable(f"more than {MOST_PACKED} octets of gzip")
    if not octets.startswith(_GZIP):
        if len(octets) > MOST_OCTETS:
            raise ReportUnreadable(f"more than {MOST_OCTETS} octets")
        return octets
    unpacker = zlib.decompressobj(wbits=31)
    try:
        unpacked = unpacker.decompress(octets, MOST_OCTETS)
    except zlib.error as failure:
        raise ReportUnreadable("it is not gzip") from failure
    if unpacker.unconsumed_tail:
        raise ReportUnreadable(f"it unpacks to more than {MOST_OCTETS} octets")
    if not unpacker.eof:
        raise ReportUnreadable("its gzip is cut off")
    return unpacked


def _read_policy(policy: _Policy) -> PolicyCount:
    failures = (policy.failures or [])[:MOST_FAILURES]
    return PolicyCount(
        type=_text(policy.policy.type),
        domain=_text(policy.policy.domain).lower().rstrip("."),
        lines=_texts(policy.policy.lines),
        mx_hosts=_texts(policy.policy.hosts),
        successful=_sessions(policy.summary.successful),
        failed=_sessions(policy.summary.failed),
        failures=tuple(_read_failure(failure) for failure in failures),
    )


def _read_failure(failure: _Failure) -> FailureCount:
    return FailureCount(
        result=_text(failure.result),
        sessions=_sessions(failure.sessions),
        mx_host=_text(failure.mx_host),
        receiving_ip=_text(failure.receiving_ip),
        sending_ip=_text(failure.sending_ip),
        reason=_text(failure.reason),
    )


def _sessions(count: int) -> int:
    return min(max(count, 0), _MOST_SESSIONS)


def _texts(given: Sequence[str] | str | None) -> tuple[str, ...]:
    return tuple(_each_text([given] if isinstance(given, str) else given or []))


def _each_text(given: Sequence[str]) -> Iterator[str]:
    for text in given[:MOST_LINES]:
        yield _text(text)


def _text(given: str | None) -> str:
    """Return a stranger's words as one printable line of bounded length."""
    return "".join(c if c.isprintable() else "?" for c in (given or "")[:LONGEST_TEXT])


def _read_moment(text: str) -> datetime:
    moment = datetime.fromisoformat(text[:40].strip())
    return moment if moment.tzinfo is not None else moment.replace(tzinfo=UTC)

"""A header block is read as fields with places; what is no field is stepped over or is the body."""

from __future__ import annotations

import pytest

from lazaretto.mail.anomalies import Anomalies
from lazaretto.mail.header import Header, scan_header
from lazaretto.mail.limits import Limits


def scanned(octets: bytes, limits: Limits | None = None) -> tuple[Header, list[str]]:
    anomalies = Anomalies()
    header = scan_header(octets, 0, len(octets), anomalies, limits or Limits())
    return header, [anomaly.name for anomaly in anomalies.noted]


@pytest.mark.parametrize("end", [pytest.param(b"\r\n", id="CRLF"), pytest.param(b"\n", id="LF")])
def test_fields_know_their_places(end: bytes) -> None:
    octets = end.join([b"From: a@x.example", b"Subject: one", b"\ttwo", b"X-Empty:", b"", b"body: no field"])

    header, anomalies = scanned(octets)

    assert [field.name for field in header.fields] == ["from", "subject", "x-empty"]
    assert octets[header.fields[1].offset : header.fields[1].end] == b"Subject: one" + end + b"\ttwo" + end
    assert header.decoded("subject") == "one\ttwo"
    assert octets[header.body_offset :] == b"body: no field"
    assert anomalies == []


@pytest.mark.parametrize(
    ("octets", "body"),
    [
        pytest.param(b"\nbody", b"body", id="empty line first"),
        pytest.param(b"\r\nbody", b"body", id="empty line first, CRLF"),
        pytest.param(b"A: b\n", b"", id="header alone"),
        pytest.param(b"A: b", b"", id="header without a line end"),
        pytest.param(b"", b"", id="nothing"),
        pytest.param(b"A: b\nHello Bob\nmore\n", b"Hello Bob\nmore\n", id="empty line forgotten"),
        pytest.param(b"Just text\n\nMore", b"Just text\n\nMore", id="no header"),
    ],
)
def test_the_body_begins_where_people_see_it(octets: bytes, body: bytes) -> None:
    header, _ = scanned(octets)

    assert octets[header.body_offset :] == body


def test_a_line_between_fields_that_is_none_is_stepped_over_and_noted() -> None:
    header, anomalies = scanned(b">From somebody today\nFrom: a@x.example\nodd line\nSubject: s\n\nbody")

    assert [field.name for field in header.fields] == ["from", "subject"]
    assert anomalies == ["JUNK_IN_HEADER"]


def test_white_space_before_the_colon_is_no_part_of_the_name() -> None:
    header, _ = scanned(b"Subject \t: s\n\n")

    assert header.decoded("subject") == "s"


@pytest.mark.parametrize(
    ("octets", "limits", "name"),
    [
        pytest.param(b"A: b\n" * 20 + b"\n", Limits(fields=10), "LIMIT_FIELDS", id="too many fields"),
        pytest.param(b"A: " + b"b" * 200 + b"\n\n", Limits(field=100), "LIMIT_FIELD", id="a field too long"),
        pytest.param(b"A: b\n" * 20_000, Limits(header=50_000), "LIMIT_HEADER", id="a header too long"),
    ],
)
def test_a_bound_that_is_reached_is_noted(octets: bytes, limits: Limits, name: str) -> None:
    _, anomalies = scanned(octets, limits)

    assert name in anomalies


def test_fields_of_one_name_come_in_order() -> None:
    header, _ = scanned(b"Received: 2\nX: y\nreceived: 1\n\n")

    assert [field.decoded for field in header.all("received")] == ["2", "1"]
    assert header.first("subject") is None

"""What a delivered message has otherwise than the received one is told as people read it, cut short."""

from __future__ import annotations

import base64

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazaretto.core.decision import Difference, Place, Splice
from lazaretto.core.envelope import Direction
from lazaretto.mail.differences import LONGEST, MOST, differences
from lazaretto.mail.scanner import view_of
from tests.unit.actions.test_bodies_and_files import MIXED, made, order
from tests.unit.actions.test_carrying_out import PLAIN, carried_out

ENCODED = "Cafébanner à vérifier"


def told(message: bytes, *orders: object) -> list[tuple[str, str, str, str, str]]:
    found = made(message, *orders).differences  # type: ignore[arg-type]
    return [(each.action, each.place.value, each.name, each.before, each.after) for each in found]


def test_a_tagged_subject_is_told_before_and_after() -> None:
    found = told(PLAIN, order("tag-subject", tag="[SPÄM] "))

    assert found == [("tag-subject", "header", "Subject", "hello", "[SPÄM] hello")]


def test_a_subject_that_was_missing_was_not_there() -> None:
    found = told(b"From: a@b.example\r\n\r\nbody", order("tag-subject", tag="[SPAM] "))

    assert found == [("tag-subject", "header", "Subject", "", "[SPAM]")]


def test_an_added_field_is_told_with_its_text() -> None:
    found = told(PLAIN, order("add-header", name="X-Books", value="yes"))

    assert found == [("add-header", "header", "X-Books", "", "yes")]


def test_a_field_that_pretends_to_be_ours_is_told_as_taken_out_and_our_own_are_not_told() -> None:
    forged = b"X-Lazaretto-Verdict: clean\r\n" + PLAIN

    found = carried_out(forged, direction=Direction.INBOUND, results=b"mx; spf=pass")[0].differences

    assert found == (
        Difference(action="", place=Place.HEADER, name="X-Lazaretto-Verdict", before="clean", after=""),
    )


def test_a_banner_is_told_as_each_reader_sees_it() -> None:
    found = told(MIXED, order("banner", text="Careful: à vérifier"))

    # A plain text that does not declare 8-bit octets is given what ASCII can say.
    assert found == [
        ("banner", "text", "text/plain", "", "Careful: a verifier"),
        ("banner", "text", "text/html", "", "Careful: à vérifier"),
    ]


@pytest.mark.parametrize("encoding", ["quoted-printable", "base64"])
def test_an_encoded_text_is_told_decoded(encoding: str) -> None:
    body = (
        base64.encodebytes(b"one two three four five six seven") if encoding == "base64" else b"one=\r\n two"
    )
    message = (
        b"From: a@b.example\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Transfer-Encoding: " + encoding.encode() + b"\r\n\r\n" + body
    )

    ((_action, _place, _name, before, after),) = told(message, order("banner", text=ENCODED))

    assert before == ""
    assert ENCODED in after


def test_a_file_that_was_taken_out_is_told_by_name_and_not_by_content() -> None:
    found = told(MIXED, order("strip-attachments", names="*.csv"))

    assert found == [("strip-attachments", "file", "report.csv", "report.csv", "report.csv.removed.txt")]


def test_a_packed_file_is_told_by_its_new_name() -> None:
    found = told(MIXED, order("compress-attachments"))

    assert [each[1:3] for each in found] == [("file", "report.csv")]
    assert found[0][4].endswith(".zip")


def test_what_is_stopped_has_no_differences() -> None:
    from lazaretto.core.decision import Disposition

    stopped, _ = carried_out(PLAIN, order("tag-subject", tag="x"), disposition=Disposition.QUARANTINE)

    assert stopped.differences == ()


@given(
    message=st.binary(max_size=400) | st.sampled_from([MIXED, PLAIN, b"", b"\r\n", b"A: b"]),
    cuts=st.lists(st.tuples(st.integers(0, 900), st.integers(0, 60), st.binary(max_size=900)), max_size=40),
)
@settings(max_examples=150, deadline=None)
def test_whatever_changes_is_told_within_bounds(message: bytes, cuts: list[tuple[int, int, bytes]]) -> None:
    size = len(message)
    splices = [
        Splice(min(at, size), min(length, size - min(at, size)), octets) for at, length, octets in cuts
    ]

    found = differences(view_of(message), splices, "any")

    assert len(found) <= MOST
    assert all(len(text) <= LONGEST for each in found for text in (each.name, each.before, each.after))
    assert all(each.isprintable() for one in found for each in (one.name, one.before, one.after))

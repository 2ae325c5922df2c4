"""Changes to a message keep its line ends and every octet that they are not about."""

from __future__ import annotations

import email
import email.policy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.actions.joining import joined
from lazaretto.core.decision import Splice
from lazaretto.mail import editing
from lazaretto.mail.scanner import view_of
from lazaretto.mail.splicing import splice


def changed(octets: bytes, splices: tuple[Splice, ...]) -> bytes:
    return b"".join(splice(octets, splices))


def tagged(octets: bytes, tag: str = "[SPAM]") -> bytes:
    return changed(octets, editing.prefix_subject(view_of(octets), tag))


@pytest.mark.parametrize(
    ("octets", "expected"),
    [
        pytest.param(b"Subject: hi\r\n\r\nx", b"Subject: [SPAM] hi\r\n\r\nx", id="plain"),
        pytest.param(b"Subject:hi\n\nx", b"Subject: [SPAM] hi\n\nx", id="without a blank"),
        pytest.param(
            b"SUBJECT: =?x?q?=41?=\n\n", b"SUBJECT: [SPAM] =?x?q?=41?=\n\n", id="encoded word stays"
        ),
        pytest.param(b"Subject:\r\n folded\r\n\r\n", b"Subject: [SPAM]\r\n folded\r\n\r\n", id="fold stays"),
        pytest.param(b"Subject: caf\xe9\n\n", b"Subject: [SPAM] caf\xe9\n\n", id="raw octets stay"),
        pytest.param(b"Subject: [SPAM] hi\n\n", b"Subject: [SPAM] hi\n\n", id="not twice"),
        pytest.param(b"Subject:\n\n", b"Subject: [SPAM]\n\n", id="empty"),
        pytest.param(b"From: a@b\r\n\r\n", b"Subject: [SPAM]\r\nFrom: a@b\r\n\r\n", id="none yet"),
        pytest.param(b"Subject: a\nSubject: b\n\n", b"Subject: [SPAM] a\nSubject: [SPAM] b\n\n", id="two"),
    ],
)
def test_a_subject_is_tagged_in_its_raw_octets(octets: bytes, expected: bytes) -> None:
    assert tagged(octets) == expected


@given(st.binary(max_size=60).filter(lambda b: b"\n" not in b and b"\r" not in b))
def test_tagging_twice_does_no_more_than_once(subject: bytes) -> None:
    once = tagged(b"Subject: " + subject + b"\r\n\r\nbody")

    assert tagged(once) == once
    assert view_of(once).subject.startswith("[SPAM]")


def test_a_tag_in_another_script_becomes_an_encoded_word() -> None:
    octets = tagged(b"Subject: hi\r\n\r\n", "[Spam – вниманиé]")

    assert octets.isascii()
    assert view_of(octets).subject == "[Spam – вниманиé] hi"


def test_a_long_subject_gets_no_longer_line() -> None:
    octets = tagged(b"Subject: " + b"x" * 980 + b"\r\n\r\n")

    assert max(map(len, octets.split(b"\r\n"))) <= 998


def test_no_value_brings_a_line_end() -> None:
    octets = b"From: a@b.example\r\n\r\nbody"

    made = changed(
        octets, editing.insert_field(view_of(octets), "X-Note", "a\r\nBcc: victim@x.example\u2028b")
    )

    assert made == b"X-Note: a Bcc: victim@x.example b\r\n" + octets


@given(st.text(max_size=300))
def test_an_inserted_value_is_read_back_by_others(value: str) -> None:
    octets = b"From: a@b.example\n\nbody"

    made = changed(octets, editing.insert_field(view_of(octets), "X-Note", value))

    parsed = email.message_from_bytes(made, policy=email.policy.default)
    assert made.endswith(octets)
    assert all(len(line) <= 998 for line in made.split(b"\n"))
    assert parsed["From"] == "a@b.example"
    assert (
        view_of(made).header.decoded("x-note").split() == editing._one_line(value).split()
        or not value.isprintable()
    )


def test_a_message_without_header_keeps_its_text() -> None:
    octets = b"Just words here\nand more"

    made = changed(octets, editing.insert_field(view_of(octets), "X-Note", "v"))

    assert made == b"X-Note: v\n\n" + octets


def test_fields_are_removed_whatever_their_case() -> None:
    octets = b"X-Spam: a\n folded\nFrom: a@b\nx-spam: b\nX-Laz-Score: 1\n\nX-Spam: body\n"

    made = changed(octets, editing.remove_fields(view_of(octets), {"x-spam"}, prefixes=("X-Laz-",)))

    assert made == b"From: a@b\n\nX-Spam: body\n"


def test_a_field_is_replaced_where_it_stood() -> None:
    octets = b"A: 1\r\nSubject: x\r\nB: 2\r\nSubject: y\r\n\r\n"

    made = changed(octets, editing.replace_field(view_of(octets), "Subject", "z"))

    assert made == b"A: 1\r\nSubject: z\r\nB: 2\r\n\r\n"


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_several_fields_for_a_message_without_a_header_all_stand_above_its_text(end: bytes) -> None:
    """Found by fuzzing: the empty line stood behind the first of them, so that people read the others."""
    octets = b"Hello Bob" + end
    view = view_of(octets)
    fields = (*editing.insert_field(view, "X-One", "1"), *editing.insert_field(view, "X-Two", "2"))

    made = changed(octets, joined((*fields, *editing.prefix_subject(view, "[SPAM]"))))

    assert made == end.join([b"X-One: 1", b"X-Two: 2", b"Subject: [SPAM]", b"", b"Hello Bob", b""])

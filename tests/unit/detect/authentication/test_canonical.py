"""Canonical forms are those of RFC 6376 §3.4, however the body is cut into chunks."""

from __future__ import annotations

import hashlib
import re
import time

import pytest
from dkim.canonicalization import CanonicalizationPolicy
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.detect.authentication import fields
from lazaretto.detect.authentication.canonical import BodyDigests, BodyForm, relaxed_field
from lazaretto.detect.authentication.fields import RawMessage

BODIES = st.lists(
    st.sampled_from([b"a", b"text", b" ", b"  ", b"\t", b"\r\n", b"\r\n\r\n", b"\r", b"\xe9"]), max_size=30
).map(b"".join)


def digest(body: bytes, *, relaxed: bool, limit: int | None = None) -> tuple[bytes, int]:
    found = BodyDigests(RawMessage(b"A: b\r\n\r\n" + body)).of(BodyForm(relaxed, "sha256", limit))
    return found.digest, found.length


def sha256(octets: bytes) -> tuple[bytes, int]:
    return hashlib.sha256(octets).digest(), len(octets)


@pytest.mark.parametrize(
    ("body", "simple", "relaxed"),
    [
        pytest.param(b"", b"\r\n", b"", id="empty"),
        pytest.param(b"\r\n\r\n", b"\r\n", b"", id="blank lines only"),
        pytest.param(b" \r\n", b" \r\n", b"", id="a space only"),
        pytest.param(
            b" C \r\nD \t E\r\n\r\n\r\n", b" C \r\nD \t E\r\n", b" C\r\nD E\r\n", id="RFC 6376 §3.4.5"
        ),
        pytest.param(b"no end", b"no end\r\n", b"no end\r\n", id="no line end"),
        pytest.param(b"a\r\r\n\r\n", b"a\r\r\n", b"a\r\r\n", id="a CR that belongs to no line end"),
        pytest.param(b"a\r", b"a\r\r\n", b"a\r\r\n", id="a CR at the end"),
        pytest.param(b"a\nb\n", b"a\r\nb\r\n", b"a\r\nb\r\n", id="bare LF, as in files"),
    ],
)
def test_bodies_are_brought_into_form(body: bytes, simple: bytes, relaxed: bytes) -> None:
    assert digest(body, relaxed=False) == sha256(simple)
    assert digest(body, relaxed=True) == sha256(relaxed)


@given(body=BODIES, chunk=st.integers(1, 7), relaxed=st.booleans())
def test_chunks_make_no_difference(body: bytes, chunk: int, relaxed: bool) -> None:
    whole = digest(body, relaxed=relaxed)
    usual, fields.CHUNK = fields.CHUNK, chunk
    try:
        assert digest(body, relaxed=relaxed) == whole
    finally:
        fields.CHUNK = usual


@given(body=BODIES, relaxed=st.booleans())
def test_another_implementation_agrees(body: bytes, relaxed: bool) -> None:
    # Received messages have no lone CR and end with a line end; without, it keeps loose space.
    body = re.sub(rb"\r(?!\n)", b"", body) + b"\r\n"
    policy = CanonicalizationPolicy.from_c_value(b"relaxed/relaxed" if relaxed else b"simple/simple")

    assert digest(body, relaxed=relaxed) == sha256(policy.canonicalize_body(body))


def test_a_limit_ends_the_hash_and_not_the_count() -> None:
    assert digest(b"hello world\r\n", relaxed=False, limit=5) == (hashlib.sha256(b"hello").digest(), 13)


def test_several_forms_are_hashed_together() -> None:
    digests = BodyDigests(RawMessage(b"A: b\r\n\r\nx  y\r\n"))
    forms = [BodyForm(relaxed, "sha256", limit) for relaxed in (True, False) for limit in (None, 2)]

    digests.prepare(forms)

    assert digests.of(forms[0]).digest == hashlib.sha256(b"x y\r\n").digest()
    assert digests.of(forms[1]).digest == hashlib.sha256(b"x ").digest()
    assert digests.of(forms[2]).digest == hashlib.sha256(b"x  y\r\n").digest()
    assert digests.of(forms[3]).digest == hashlib.sha256(b"x ").digest()


@pytest.mark.parametrize(
    ("raw", "relaxed"),
    [
        (b"A: X\r\n", b"a:X\r\n"),
        (b"B : Y\t\r\n\tZ  \r\n", b"b:Y Z\r\n"),
        (b"C:\r\n", b"c:\r\n"),
        (b"D:  a \t b:c\r\n", b"d:a b:c\r\n"),
    ],
)
def test_fields_are_brought_into_relaxed_form(raw: bytes, relaxed: bytes) -> None:
    assert relaxed_field(raw) == relaxed


@pytest.mark.parametrize("filling", [b" ", b"\t", b"\r\n", b"\r", b" \r\n", b"\r\r\n", b" \t"])
def test_no_filling_makes_it_slow(filling: bytes) -> None:
    body = b"x" + filling * (2_000_000 // len(filling)) + b"y"
    started = time.process_time()

    digest(body, relaxed=True)

    assert time.process_time() - started < 1


def test_white_space_before_the_colon_is_no_part_of_a_fields_name() -> None:
    # RFC 5322 §4.5; dkimpy takes such a From for a mailbox's separator and does not see it.
    message = RawMessage(b"From  :<one@a.example>\r\nFrom: <two@b.example>\r\n\r\n")

    assert [field.name for field in message.fields] == [b"from", b"from"]
    assert relaxed_field(message.fields[0].raw).startswith(b"from:<one@a.example>")

r"""Whatever the content, what goes out is lines that end in CRLF, and only our dot is alone."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.delivery.wire_form import WireForm, wire_form

LINES = re.compile(rb"(?:[^\r\n]*\r\n)*")
PIECES = st.lists(
    st.sampled_from([b"\r", b"\n", b"\r\n", b".", b"..", b"a", b"\x00", b"\xff", b"MAIL FROM:<x@y>"]),
    max_size=40,
)


def unstuffed(wire: bytes) -> bytes:
    lines = wire.split(b"\r\n")
    assert lines[-2:] == [b".", b""]
    content = lines[:-2]
    assert b"." not in content
    return b"".join((line[1:] if line.startswith(b".") else line) + b"\r\n" for line in content)


def expected(content: bytes) -> bytes:
    clean = re.sub(rb"\r\n|\r|\n", lambda m: b" " if m[0] == b"\r" else b"\r\n", content)
    return clean if clean.endswith(b"\r\n") or not clean else clean + b"\r\n"


@given(PIECES, st.integers(1, 7))
def test_any_content_in_any_chunks_arrives_in_whole_lines(pieces: list[bytes], step: int) -> None:
    content = b"".join(pieces)
    form = WireForm()

    wire = b"".join(form.feed(content[n : n + step]) for n in range(0, len(content), step)) + form.end()

    assert LINES.fullmatch(wire)
    assert unstuffed(wire) == expected(content)
    assert wire_form(content) == wire


@pytest.mark.parametrize(
    ("content", "wire"),
    [
        pytest.param(b"", b".\r\n", id="empty"),
        pytest.param(b"a", b"a\r\n.\r\n", id="no line end"),
        pytest.param(b".", b"..\r\n.\r\n", id="a dot alone"),
        pytest.param(
            b"a\r\n.\r\nMAIL FROM:<>\r\n", b"a\r\n..\r\nMAIL FROM:<>\r\n.\r\n", id="a whole end of data"
        ),
        pytest.param(b"a\n.\nb", b"a\r\n..\r\nb\r\n.\r\n", id="LF dot LF"),
        pytest.param(b"a\r.\rb\r\n", b"a . b\r\n.\r\n", id="CR dot CR"),
        pytest.param(b"a\r\r\n.\r\r\n", b"a \r\n.. \r\n.\r\n", id="CRCRLF"),
        pytest.param(b"a\r", b"a \r\n.\r\n", id="CR at the end"),
    ],
)
def test_known_tricks_stay_inside_the_message(content: bytes, wire: bytes) -> None:
    assert wire_form(content) == wire

"""Only CR LF . CR LF ends a message, however it is cut, and what comes out has no stray CR or LF."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.protocol.dots import DotReader

CLEAN = re.compile(rb"(?:[^\r\n]*\r\n)*\Z")
NASTY = st.lists(
    st.sampled_from([b"\r", b"\n", b".", b"\r\n", b"\r\n.", b"\r\n.\r", b"\0", b"a", b": "])
).map(b"".join)


def read(*chunks: bytes) -> tuple[bytes, bytes, bool]:
    reader = DotReader()
    out = bytearray()
    for place, chunk in enumerate(chunks):
        out += reader.feed(chunk)
        if reader.ended:
            return bytes(out), reader.rest + b"".join(chunks[place + 1 :]), reader.saw_stray
    raise AssertionError("no end")


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        pytest.param(b".\r\n", b"", id="empty message"),
        pytest.param(b"\r\n.\r\n", b"\r\n", id="one empty line"),
        pytest.param(b"a\r\n.\r\n", b"a\r\n", id="one line"),
        pytest.param(b"..\r\n.\r\n", b".\r\n", id="stuffed dot on the first line"),
        pytest.param(b"a\r\n..\r\n...\r\n.\r\n", b"a\r\n.\r\n..\r\n", id="stuffed dots"),
        pytest.param(b"a\r\n.b\r\n.\r\n", b"a\r\nb\r\n", id="dot that was not stuffed"),
    ],
)
def test_dots_are_transparent(sent: bytes, meant: bytes) -> None:
    assert read(sent) == (meant, b"", False)


@pytest.mark.parametrize(
    ("sent", "meant"),
    [
        pytest.param(b"s: x\r\n\r\na\n.\nb", b"s: x\r\n\r\na\r\n.\r\nb\r\n", id="LF.LF"),
        pytest.param(b"s: x\r\n\r\na\n.\r\nb", b"s: x\r\n\r\na\r\n.\r\nb\r\n", id="LF.CRLF"),
        pytest.param(b"s: x\r\n\r\na\r\n.\nb", b"s: x\r\n\r\na\r\n\r\nb\r\n", id="CRLF.LF"),
        pytest.param(b"s: x\r\n\r\na\r.\rb", b"s: x\r\n\r\na\r\n.\r\nb\r\n", id="CR.CR"),
        pytest.param(b"s: x\r\n\r\na\r.\r\nb", b"s: x\r\n\r\na\r\n.\r\nb\r\n", id="CR.CRLF"),
        pytest.param(b"s: x\r\n\r\na\r\n.\rb", b"s: x\r\n\r\na\r\n\r\nb\r\n", id="CRLF.CR"),
        pytest.param(b"s: x\r\n\r\na\n.\rb", b"s: x\r\n\r\na\r\n.\r\nb\r\n", id="LF.CR"),
        pytest.param(b"s: x\r\n\r\na\r\n\0.\r\nb", b"s: x\r\n\r\na\r\n\0.\r\nb\r\n", id="NUL before the dot"),
        pytest.param(b"s: x\r\n\r\na\r\n.\0\r\nb", b"s: x\r\n\r\na\r\n\0\r\nb\r\n", id="NUL behind the dot"),
        pytest.param(b"s: x\r\n\r\na\r\r\n.\r\r\nb", b"s: x\r\n\r\na\r\n\r\n\r\n\r\nb\r\n", id="CRCRLF"),
        pytest.param(
            b"s: x\r\n\r\na\x0b.\x0c\x1c\x85b", b"s: x\r\n\r\na\x0b.\x0c\x1c\x85b\r\n", id="other controls"
        ),
    ],
)
def test_what_resembles_an_end_is_content(sent: bytes, meant: bytes) -> None:
    content, rest, _ = read(sent + b"\r\n.\r\nQUIT\r\n")

    assert (content, rest) == (meant, b"QUIT\r\n")


def test_a_stray_cr_in_the_header_starts_no_field() -> None:
    content, _, saw_stray = read(b"Subject: a\rBcc: b\r\nTo: c\r\r\n\r\nbody\rtext\r\n.\r\n")

    assert content == b"Subject: a Bcc: b\r\nTo: c \r\n\r\nbody\r\ntext\r\n"
    assert saw_stray


@given(st.data(), NASTY)
def test_however_octets_are_cut_the_message_is_the_same(data: st.DataObject, body: bytes) -> None:
    stream = body + b"\r\n.\r\nrest"
    cuts = sorted(data.draw(st.lists(st.integers(0, len(stream)), max_size=8)))
    chunks = [stream[a:b] for a, b in zip([0, *cuts], [*cuts, len(stream)], strict=True)]

    assert read(*chunks) == read(stream) == read(*(bytes([octet]) for octet in stream))


@given(NASTY)
def test_what_comes_out_has_whole_lines_only(body: bytes) -> None:
    content, _, _ = read(body + b"\r\n.\r\n")

    assert CLEAN.match(content)


@given(st.lists(st.from_regex(rb"\A[^\r\n]{0,20}\Z")))
def test_what_was_stuffed_comes_out_unchanged(lines: list[bytes]) -> None:
    message = b"".join(line + b"\r\n" for line in lines)
    stuffed = b"".join((b"." if line.startswith(b".") else b"") + line + b"\r\n" for line in lines)

    assert read(stuffed + b".\r\n") == (message, b"", False)

"""Text comes out of octets whatever label they carry, and only text codecs are ever used."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.mail.charsets import codec_of, decode, other_readings


@pytest.mark.parametrize(
    ("octets", "label", "text"),
    [
        pytest.param(b"caf\xc3\xa9", "utf-8", "café", id="UTF-8"),
        pytest.param(b"caf\xe9", "utf-8", "café", id="Latin-1 labelled UTF-8"),
        pytest.param(b"caf\xc3\xa9", "us-ascii", "café", id="UTF-8 labelled ASCII"),
        pytest.param(b"\x93x\x94", "iso-8859-1", "“x”", id="Windows-1252 labelled Latin-1"),
        pytest.param(b"caf\xe9", "", "café", id="no label"),
        pytest.param(b"caf\xe9", "no-such-charset", "café", id="unknown label"),
        pytest.param("日本".encode("iso-2022-jp"), "ISO-2022-JP", "日本", id="ISO-2022"),
        pytest.param("中".encode("gb18030"), "gb2312", "中", id="GB"),
        pytest.param(b"+AGg-i", "utf-7", "hi", id="UTF-7"),
        pytest.param("hé".encode("utf-16"), "utf-16", "hé", id="UTF-16 with a mark"),
        pytest.param("hé".encode("utf-16-le"), "utf-16", "hé", id="UTF-16 without"),
        pytest.param("hi".encode("utf-32-be"), "utf-32", "hi", id="UTF-32"),
        pytest.param(b"\xef\xbb\xbfhi", "iso-8859-1", "hi", id="a mark against the label"),
        pytest.param(b"\xc8\x89", "cp037", "Hi", id="EBCDIC"),
        pytest.param(b"hi", '"utf-8"', "hi", id="label in quotes"),
    ],
)
def test_octets_are_read_as_clients_read_them(octets: bytes, label: str, text: str) -> None:
    assert decode(octets, label) == text


@pytest.mark.parametrize(
    "label", ["unicode_escape", "idna", "punycode", "hex", "zlib", "rot13", "undefined", "mbcs"]
)
def test_codecs_that_are_no_charsets_are_never_used(label: str) -> None:
    assert codec_of(label) == ""


def test_what_a_label_hides_is_read_too() -> None:
    assert other_readings("click here".encode("utf-16-le"), "us-ascii") == ("click here",)
    assert other_readings(b"+AGMAbABpAGMAaw-", "us-ascii") == ("click",)
    assert other_readings(b"plain words", "us-ascii") == ()


@given(st.binary(max_size=200), st.text(max_size=20))
def test_nothing_raises(octets: bytes, label: str) -> None:
    decode(octets, label)
    other_readings(octets, label)

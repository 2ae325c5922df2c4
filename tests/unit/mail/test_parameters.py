"""Parameters answer with every value that a reader may take, the likeliest first."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.mail.parameters import ParameterList, without_comments


@pytest.mark.parametrize(
    ("raw", "value", "boundary"),
    [
        pytest.param(b"multipart/mixed; boundary=b", "multipart/mixed", "b", id="token"),
        pytest.param(b'Multipart/Mixed;\r\n\tboundary="a b"', "multipart/mixed", "a b", id="quoted, folded"),
        pytest.param(b'multipart/mixed; boundary="a\\"b"', "multipart/mixed", 'a"b', id="escaped"),
        pytest.param(
            b"multipart/mixed; boundary*=us-ascii'en'a%20b", "multipart/mixed", "a b", id="RFC 2231"
        ),
        pytest.param(b"multipart/mixed; boundary*1=b; boundary*0=a", "multipart/mixed", "ab", id="continued"),
        pytest.param(b"multipart/mixed (c;boundary=x); boundary=b", "multipart/mixed", "b", id="comment"),
        pytest.param(
            b'multipart/mixed; x="a;boundary=x"; boundary=b', "multipart/mixed", "b", id="hidden in quotes"
        ),
        pytest.param(b"multipart/mixed; boundary=b;", "multipart/mixed", "b", id="semicolon at the end"),
        pytest.param(b"multipart/mixed ; boundary = b", "multipart/mixed", "b", id="spaces everywhere"),
        pytest.param(
            b"multipart/mixed; boundary=a; boundary=b", "multipart/mixed", "a", id="the first of two"
        ),
        pytest.param(b"text/plain charset=us-ascii", "text/plain", "", id="semicolon forgotten"),
        pytest.param(b"", "", "", id="nothing"),
        pytest.param(b"text", "text", "", id="no subtype"),
    ],
)
def test_the_likeliest_reading_is_the_standards(raw: bytes, value: str, boundary: str) -> None:
    parameters = ParameterList(raw)

    assert (parameters.value, parameters.first("boundary")) == (value, boundary)


@pytest.mark.parametrize(
    ("raw", "candidate"),
    [
        pytest.param(b"m/m; boundary=a; boundary=b", "b", id="the second"),
        pytest.param(b"m/m; boundary=a; boundary*=''b", "b", id="plain and RFC 2231"),
        pytest.param(b'm/m; boundary="a\\b"', "a\\b", id="escape kept"),
        pytest.param(b"m/m; boundary=(x)b", "b", id="comment before the value"),
        pytest.param(b"m/m; boundary='b'", "b", id="single quotes"),
        pytest.param(b"m/m; boundary==?utf-8?q?b?=", "b", id="encoded word"),
        pytest.param(b'm/m; x="; boundary=b"', "b", id="inside another value"),
        pytest.param(b'm/m; boundary="b', "b", id="quote not closed"),
        pytest.param(b"m/m; boundary=b%41", "bA", id="percent without a star"),
        pytest.param(b"m/m; boundary=a b; x=y", "a b", id="quotes forgotten around a blank"),
        pytest.param(b'm/m; boundary="a"b', "ab", id="quotes in the middle"),
        pytest.param(b"m/m; boundary*0*=''a; boundary*1=%62", "ab", id="percent in a plain segment"),
        pytest.param(
            b"m/m; boundary *1000=a; boundary *1001=b", "ab", id="high numbers, blanks before the star"
        ),
    ],
)
def test_other_readings_are_candidates(raw: bytes, candidate: str) -> None:
    assert candidate in ParameterList(raw).candidates("boundary")


def test_an_honest_list_has_one_candidate() -> None:
    raw = b'multipart/alternative; charset="utf-8"; boundary="----=_Part_1_2.3"'

    assert ParameterList(raw).candidates("boundary") == ("----=_Part_1_2.3",)


def test_comments_nest_and_quotes_protect() -> None:
    assert without_comments('a(b(c)d)e"(f)"(g') == 'ae"(f)"'


@given(st.binary(max_size=300))
def test_no_value_raises(raw: bytes) -> None:
    ParameterList(raw).candidates("name")
    ParameterList(b"a/b; name=" + raw).candidates("name")


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b"a/b" + b" " * 300_000 + b"x", id="blanks"),
        pytest.param(b"a/b; " + b"name*0=a; " * 30_000, id="parameters"),
        pytest.param(b"a/b; name=" + b"(" * 300_000, id="comments"),
        pytest.param(b'a/b; name="' + b"\\" * 300_001, id="escapes"),
        pytest.param(b"a/b; name=" + b'"' * 300_001, id="quotes"),
        pytest.param(b"boundary" * 40_000, id="names"),
    ],
)
def test_a_bomb_takes_little_time_and_shows(raw: bytes) -> None:
    begun = time.process_time()

    parameters = ParameterList(raw)
    parameters.candidates("name")
    parameters.candidates("boundary")

    assert parameters.excess
    assert time.process_time() - begun < 1

"""Encoded words are shown as mail clients show them, and nothing raises."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.mail.encoded_words import decode, joined


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        pytest.param(b" plain ", "plain", id="plain"),
        pytest.param(b"=?utf-8?Q?J=C3=B6rg_M?=", "Jörg M", id="quoted"),
        pytest.param(b"=?UTF-8?b?SsO2cmc=?=", "Jörg", id="base64"),
        pytest.param(b"=?iso-8859-1?q?caf=E9?= au lait", "café au lait", id="followed by text"),
        pytest.param(b"=?utf-8?q?a?= =?utf-8?q?b?=", "ab", id="space between words vanishes"),
        pytest.param(b"=?utf-8?q?a?=\r\n =?utf-8?q?b?=", "ab", id="fold between words vanishes"),
        pytest.param(b"=?utf-8?b?ww==?= =?utf-8?b?qQ==?=", "é", id="a character cut in two"),
        pytest.param(b"=?utf-8?b?SsO2cmc?=", "Jörg", id="padding forgotten"),
        pytest.param(b"x=?utf-8?q?a?=y", "xay", id="words that touch text"),
        pytest.param(b"=?utf-8*en?q?a?=", "a", id="with a language"),
        pytest.param(b"=?nonsense?q?=C3=B6?=", "ö", id="unknown charset"),
        pytest.param(b"=?utf-8?q?a b?=", "a b", id="space inside"),
        pytest.param(b"=?utf-8?q?unfinished", "=?utf-8?q?unfinished", id="unfinished"),
        pytest.param(b"J\xc3\xb6rg", "Jörg", id="raw UTF-8"),
        pytest.param(b"J\xf6rg", "Jörg", id="raw Latin-1"),
        pytest.param(b'"=?utf-8?q?a?=" <x@y>', '"a" <x@y>', id="inside quotes"),
    ],
)
def test_values_are_shown_as_clients_show_them(raw: bytes, shown: str) -> None:
    assert decode(raw) == shown


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        pytest.param(b"=?utf-8?q?x=2?= =?utf-8?q?Eexe?=", "x.exe", id="an escape cut in two"),
        pytest.param(b"=?UTF-8?B?eC5?=\r\n =?utf-8?b?leGU=?= a", "x.exe a", id="a group cut in two"),
        pytest.param(
            b"a =?utf-8?q?b?= =?us-ascii?q?c?= =?us-ascii?q?d?=", "a bcd", id="only words of one kind"
        ),
    ],
)
def test_words_are_joined_as_clients_do_that_decode_last(raw: bytes, shown: str) -> None:
    assert decode(joined(raw)) == shown


@given(st.binary(max_size=200))
def test_no_value_raises(raw: bytes) -> None:
    assert isinstance(decode(b"=?utf-8?b?" + raw + b"?= " + raw), str)


def test_a_bomb_of_words_takes_linear_time() -> None:
    begun = time.process_time()

    decode(b"=?a?b?" * 20_000)
    decode(b"=?a?q?=41?=" * 12_000)

    assert time.process_time() - begun < 1

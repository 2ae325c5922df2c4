"""Advertisements in pictures and in strangely spelt words."""

from __future__ import annotations

import base64
from datetime import UTC, datetime

import pytest

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Facts
from lazaretto.detect.content.disguise_checks import DisguiseChecks
from lazaretto.mail.scanner import view_of

FACTS = Facts(received_at=datetime(2026, 5, 1, tzinfo=UTC), client=Client(ip="192.0.2.1"))
SHOWN = '<img alt="" src="cid:one">'


def _found(html: str, size: int = 9000) -> set[str]:
    picture = base64.encodebytes(b"GIF89a" + bytes(size)).replace(b"\n", b"\r\n")
    message = (
        b"From: a@firm.example\r\nContent-Type: multipart/related; boundary=x\r\n\r\n--x\r\n"
        b"Content-Type: text/html\r\n\r\n" + html.encode() + b"\r\n--x\r\nContent-Type: image/gif\r\n"
        b"Content-ID: <one>\r\nContent-Transfer-Encoding: base64\r\n\r\n" + picture + b"\r\n--x--\r\n"
    )
    return {finding.symbol for finding in DisguiseChecks().look(view_of(message), FACTS, None)}


@pytest.mark.parametrize(
    ("html", "is_first"),
    [
        pytest.param(
            f"<html><body><p>{SHOWN}</p>the moon rose over the hills</body></html>", True, id="bare"
        ),
        pytest.param(
            f"<style>p {{}}</style><!-- a b c d --><div>{SHOWN}</div>words", True, id="after a head"
        ),
        pytest.param(f"<p>Dear Bob, as promised the plan.</p>{SHOWN}<p>Ann</p>", False, id="after a letter"),
        pytest.param(f"<p>Kind regards from all of us</p>{SHOWN}", False, id="after a name"),
        pytest.param('<img src="https://firm.example/logo.png"><p>News</p>', False, id="from the web"),
    ],
)
def test_a_picture_before_any_text_is_told_from_one_after_it(html: str, is_first: bool) -> None:
    assert ("PICTURE_BEFORE_TEXT" in _found(html)) == is_first


def test_a_small_picture_says_nothing() -> None:
    assert _found(f"<p>{SHOWN}</p>", size=500) == set()


@pytest.mark.parametrize(
    ("html", "leads_away"),
    [
        pytest.param(f'<p>a b c d</p><a href="http://shop.test/">{SHOWN}</a>', True, id="to a stranger"),
        pytest.param(f"<p>a b c d</p><A HREF=http://shop.test><b>{SHOWN}</b></A>", True, id="within bold"),
        pytest.param(f'<p>a b c d</p><a href="https://www.firm.example/">{SHOWN}</a>', False, id="home"),
        pytest.param(f'<a href="http://shop.test/">a b c d</a>{SHOWN}', False, id="beside a link"),
    ],
)
def test_a_picture_that_leads_away_is_told_from_one_that_leads_home(html: str, leads_away: bool) -> None:
    assert ("PICTURE_LEADS_AWAY" in _found(html)) == leads_away


@pytest.mark.parametrize(
    ("text", "is_disguised"),
    [
        pytest.param("the best V1agr@ in town", True, id="figures"),
        pytest.param("buy C-i.a_l!s now", True, id="marks"),
        pytest.param("great MlCR0S0FT sale", True, id="look-alikes"),
        pytest.param("cheap s0ftware, med$", True, id="one figure"),
        pytest.param("viagra is a medicine, and software is a good.", False, id="plain"),
        pytest.param("re-finance: Microsoft's software_ and adobe...", False, id="marks at the end"),
        pytest.param("i18n, k8s, x86_64 and h264 are words of a trade", False, id="words with figures"),
        pytest.param("write to casino@firm.example, see http://casino.example/", False, id="addresses"),
    ],
)
def test_disguised_words_are_told_from_plain_ones(text: str, is_disguised: bool) -> None:
    assert ("WORD_DISGUISED" in _found(f"<p>{text}</p>")) == is_disguised

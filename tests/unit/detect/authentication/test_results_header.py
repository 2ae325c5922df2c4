"""Our statement says what was found, and nobody can make it say more (RFC 8601)."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Arc, AuthResult, Dkim, Dmarc, Facts, Spf
from lazaretto.detect.authentication.results_header import authentication_results

NOW = datetime(2026, 9, 1, tzinfo=UTC)


def facts_with(**parts: object) -> Facts:
    return Facts(received_at=NOW, client=Client(ip="192.0.2.1", helo="mx.author.example"), **parts)  # type: ignore[arg-type]


def test_every_method_is_stated() -> None:
    facts = facts_with(
        reverse_path="ann@author.example",
        spf=Spf(result=AuthResult.PASS, domain="author.example"),
        dkim=(
            Dkim(result=AuthResult.PASS, domain="author.example", selector="s1", algorithm="rsa-sha256"),
            Dkim(result=AuthResult.PERMERROR, domain="list.example", problem="the key is revoked"),
        ),
        dmarc=Dmarc(result=AuthResult.PASS, domain="author.example", policy="reject"),
        arc=Arc(result=AuthResult.PASS, sealers=("one.example", "two.example")),
    )

    assert authentication_results(facts, "mx.lazaretto.example") == (
        b"mx.lazaretto.example;\r\n"
        b"\tspf=pass smtp.mailfrom=ann@author.example;\r\n"
        b"\tdkim=pass header.d=author.example header.s=s1 header.a=rsa-sha256;\r\n"
        b'\tdkim=permerror reason="the key is revoked" header.d=list.example;\r\n'
        b"\tdmarc=pass header.from=author.example policy.dmarc=reject;\r\n"
        b"\tarc=pass header.d=two.example"
    )


def test_nothing_found_is_stated_too() -> None:
    assert authentication_results(facts_with(), "mx.example", b"\n") == (
        b"mx.example;\n\tspf=none smtp.helo=mx.author.example;\n\tdkim=none;\n\tdmarc=none"
    )


@pytest.mark.parametrize(
    "words",
    ['x"; dmarc=pass', "x\r\nX-Evil: 1", "x\\", "x; dkim=pass", "(x", "é", "x" * 5000, 'a" b@evil.example'],
)
def test_words_of_strangers_stay_inside_quotes(words: str) -> None:
    facts = facts_with(
        reverse_path=f"{words}@author.example",
        dkim=(Dkim(result=AuthResult.FAIL, domain=words, selector=words, problem=words),),
        dmarc=Dmarc(result=AuthResult.FAIL, domain=words),
    )

    assert_harmless(authentication_results(facts, "mx.example"))


@given(st.text(max_size=300))
def test_no_text_can_end_our_statement(words: str) -> None:
    facts = facts_with(dkim=(Dkim(result=AuthResult.FAIL, domain=words, selector=words, problem=words),))

    assert_harmless(authentication_results(facts, "mx.example"))


def assert_harmless(value: bytes) -> None:
    """Take the quoted strings out: what is left has our own statements and no more."""
    assert value.isascii()
    assert all(len(line) < 998 for line in value.split(b"\r\n"))
    outside = b"".join(value.split(b'"')[::2])
    assert value.count(b'"') % 2 == 0
    assert b"\\" not in value
    assert outside.count(b";") == 3
    assert outside.count(b"\r") == outside.count(b"\n") == value.count(b"\n") == 3

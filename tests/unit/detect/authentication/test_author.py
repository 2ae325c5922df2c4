"""An author is one plain mailbox; where readers could see another, there is none."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.detect.authentication.author import MOST_CANDIDATES, author_of
from lazaretto.detect.authentication.fields import fields_of


@pytest.mark.parametrize(
    ("value", "domain"),
    [
        (b"ann@a.example", "a.example"),
        (b"Ann <ann@A.Example>", "a.example"),
        (b'"Doe, Ann" <ann@a.example>', "a.example"),
        pytest.param(b"Doe, Ann <ann@a.example>", "a.example", id="a comma nobody quoted"),
        (b"Ann (the (first)) <ann@a.example> (work)", "a.example"),
        (b'"ann@b.example"\r\n <ann@a.example>', "a.example"),
        (b"ann@a.example <ann@a.example>", "a.example"),
        (b'"a b"@a.example', "a.example"),
        (b"=?utf-8?q?=C3=89lise?= <elise@a.example>", "a.example"),
        ("Élise <elise@bücher.example>".encode(), "xn--bcher-kva.example"),
        (b"Ann < ann@a.example >", "a.example"),
    ],
)
def test_one_plain_mailbox_is_the_author(value: bytes, domain: str) -> None:
    author = author_of(fields_of(b"From: " + value + b"\r\n"))

    assert (author.domain, author.problem, author.candidates) == (domain, "", (domain,))


@pytest.mark.parametrize(
    "header",
    [
        pytest.param(b"To: x@a.example\r\n", id="no From"),
        pytest.param(b"From:\r\n", id="empty"),
        pytest.param(b"From: <>\r\n", id="null address"),
        pytest.param(b"From: a@a.example\r\nFrom: b@b.example\r\n", id="two fields"),
        pytest.param(b"From: a@a.example\r\nFROM : b@b.example\r\n", id="two spellings"),
        pytest.param(b"From\r\n : a@a.example\r\n", id="folded before the colon"),
        pytest.param(b" From: a@a.example\r\nFrom: b@b.example\r\n", id="space in front"),
        pytest.param(b"From: a@a.example, b@b.example\r\n", id="two authors"),
        pytest.param(b"From: group: a@a.example;\r\n", id="group"),
        pytest.param(b"From: undisclosed:;\r\n", id="empty group"),
        pytest.param(b"From: a@[192.0.2.1]\r\n", id="address literal"),
        pytest.param(b"From: a@localhost\r\n", id="no domain"),
        pytest.param(b"From: a\x00@a.example\r\n", id="NUL"),
        pytest.param(b"From: <a@a.example> <b@b.example>\r\n", id="two angles"),
        pytest.param(b"From: <a@a.example>b@b.example\r\n", id="text behind"),
        pytest.param(b"From: b@b.example <a@a.example>\r\n", id="another address in front"),
        pytest.param(b"From: <a@a.example>\\,<b@b.example>\r\n", id="quoted pair outside quotes"),
        pytest.param(b"From: <@b.example:a@a.example>\r\n", id="source route"),
        pytest.param(b"From: =?utf-8?q?a=40b.example?=@a.example\r\n", id="encoded local part"),
        pytest.param(b"From: PGFAYi5leGFtcGxlPg==,<a@a.example>\r\n", id="an encoded address"),
        pytest.param(b'From: "open <a@a.example>\r\n', id="open quotation mark"),
        pytest.param(b"From: (open <a@a.example>\r\n", id="open comment"),
        pytest.param(b"From: " + b"x" * 20_000 + b" <a@a.example>\r\n", id="too long"),
    ],
)
def test_anything_else_is_a_problem(header: bytes) -> None:
    author = author_of(fields_of(header))

    assert author.problem
    assert author.domain == ""


def test_every_domain_that_might_be_shown_is_a_candidate() -> None:
    author = author_of(fields_of(b"From: a@a.example\r\nFrom: Bank <b@bank.example>\r\n"))

    assert author.candidates == ("a.example", "bank.example")


@pytest.mark.parametrize(
    ("value", "domains"),
    [
        (b"=?utf-8?q?ann=40a.example?=", {"a.example"}),
        (b"=?utf-8?b?PGFubkBhLmV4YW1wbGU+?=", {"a.example"}),
        (b"=?utf-8?q?ann=40a.example?=@b.example", {"a.example", "b.example"}),
        (b"ann@a.example\x00.b.example", {"a.example", "a.example.b.example"}),
        (b"ann@a.\x01example", {"a.example"}),
    ],
)
def test_what_is_encoded_or_hidden_behind_a_control_character_is_a_candidate_as_well(
    value: bytes, domains: set[str]
) -> None:
    author = author_of(fields_of(b"From: " + value + b"\r\n"))

    assert author.problem
    assert set(author.candidates) == domains


@given(st.binary(max_size=400))
def test_no_octets_can_break_it(octets: bytes) -> None:
    author = author_of(fields_of(b"From: " + octets + b"\r\n"))

    assert bool(author.domain) != bool(author.problem)
    assert len(author.candidates) <= MOST_CANDIDATES

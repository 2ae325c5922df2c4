"""Mailboxes are found in whatever senders write, in linear time."""

from __future__ import annotations

import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.mail.mailboxes import mailboxes_of


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        pytest.param(b"a@x.example", [("", "a@x.example")], id="address alone"),
        pytest.param(b"Ann Lee <a@X.Example>", [("Ann Lee", "a@x.example")], id="name and address"),
        pytest.param(b'"Lee, Ann" <a@x.example>', [("Lee, Ann", "a@x.example")], id="comma in quotes"),
        pytest.param(b"=?utf-8?q?J=C3=B6rg?= <a@x.example>", [("Jörg", "a@x.example")], id="encoded name"),
        pytest.param(
            b"=?utf-8?q?a=40b=2E_=3Cc=40d=3E?= <a@x.example>",
            [("a@b. <c@d>", "a@x.example")],
            id="address in a name",
        ),
        pytest.param(
            b'"=?utf-8?b?SsO2cmc=?=" <a@x.example>', [("Jörg", "a@x.example")], id="encoded in quotes"
        ),
        pytest.param(b"a@x.example (Ann)", [("Ann", "a@x.example")], id="name in a comment"),
        pytest.param(b"a@x.example, B <b@y.example>", [("", "a@x.example"), ("B", "b@y.example")], id="two"),
        pytest.param(
            b"Team: a@x.example, b@x.example;", [("", "a@x.example"), ("", "b@x.example")], id="group"
        ),
        pytest.param(b"undisclosed-recipients:;", [], id="empty group"),
        pytest.param(b"<@relay:a@x.example>", [("", "a@x.example")], id="source route"),
        pytest.param(b"Ann a@x.example", [("Ann", "a@x.example")], id="brackets forgotten"),
        pytest.param(b"Ann <a@x.example", [("Ann", "a@x.example")], id="bracket not closed"),
        pytest.param(
            b"<a@x.example> <b@y.example>", [("", "a@x.example"), ("", "b@y.example")], id="two in one"
        ),
        pytest.param(b"a@b\xc3\xbccher.example", [("", "a@xn--bcher-kva.example")], id="IDN"),
        pytest.param(b"", [], id="nothing"),
        pytest.param(b"<>", [("", "@")], id="null"),
    ],
)
def test_mailboxes_are_read_tolerantly(raw: bytes, expected: list[tuple[str, str]]) -> None:
    assert [(box.display_name, str(box.address)) for box in mailboxes_of(raw)] == expected


def test_a_mailbox_knows_its_group() -> None:
    assert [box.group for box in mailboxes_of(b"Team: a@x.example;, b@x.example")] == ["Team", ""]


@given(st.binary(max_size=200))
def test_no_value_raises(raw: bytes) -> None:
    mailboxes_of(raw)
    mailboxes_of(b"a <" + raw + b">")


@pytest.mark.parametrize(
    "unit", [b"a@b:", b"(", b"<", b'"', b"a,", b"a b ", b"\\", b"=?a?b?", b"<a@b", b"x@y z "]
)
def test_a_bomb_takes_little_time(unit: bytes) -> None:
    begun = time.process_time()

    mailboxes_of(unit * (1_000_000 // len(unit)))

    assert time.process_time() - begun < 1.5

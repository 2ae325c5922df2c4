"""A command is one verb and its argument; a reply is one line, whatever its text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.core.reply import Reply
from lazaretto.protocol.lines import Command, parse_command, reply_line, reply_lines
from lazaretto.protocol.syntax import BadSyntax


def test_a_verb_is_the_same_in_either_case() -> None:
    assert parse_command(b"mail  FROM:<a@b> ") == Command("MAIL", b"FROM:<a@b>")


@pytest.mark.parametrize("octet", [b"\0", b"\r", b"\n", b"\x0b", b"\x1b", b"\x7f"])
def test_controls_are_no_part_of_a_command(octet: bytes) -> None:
    with pytest.raises(BadSyntax):
        parse_command(b"NOOP " + octet)


@given(st.text())
def test_no_text_makes_a_second_line(text: str) -> None:
    line = reply_line(Reply(550, "5.7.1", text))

    assert line.count(b"\r\n") == line.count(b"\n") == line.count(b"\r") == 1
    assert len(line) <= 512


def test_all_but_the_last_line_of_a_reply_have_a_hyphen() -> None:
    assert reply_lines(250, ["a", "b"]) == b"250-a\r\n250 b\r\n"

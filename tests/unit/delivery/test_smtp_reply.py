"""Replies are read as sent, whatever the pieces; what is no reply, or has no end, is refused."""

from __future__ import annotations

import pytest

from lazaretto.core.reply import Reply
from lazaretto.protocol.smtp_reply import MAX_REPLY, MAX_TEXT, ReplyGarbage, ReplyReader


def read(octets: bytes) -> list[Reply]:
    return [reply.read() for reply in ReplyReader().feed(octets)]


@pytest.mark.parametrize(
    ("octets", "reply"),
    [
        pytest.param(b"250 2.1.0 Ok\r\n", Reply(250, "2.1.0", "Ok"), id="in three fields"),
        pytest.param(b"250 Ok\r\n", Reply(250, "", "Ok"), id="without enhanced code"),
        pytest.param(b"250\r\n", Reply(250, "", ""), id="code alone"),
        pytest.param(b"550 2.1.0 no\r\n", Reply(550, "", "2.1.0 no"), id="enhanced code of another class"),
        pytest.param(
            b"550-5.1.1 no\r\n550 5.1.1 such user\r\n", Reply(550, "5.1.1", "no such user"), id="two lines"
        ),
        pytest.param(b"421 4.7.0 bye\n", Reply(421, "4.7.0", "bye"), id="bare LF"),
        pytest.param(
            b"550 5.1.1 a\x00b\xff\rc\r\n", Reply(550, "5.1.1", "a?b??c"), id="octets that cannot be shown"
        ),
    ],
)
def test_a_reply_has_code_enhanced_code_and_text(octets: bytes, reply: Reply) -> None:
    assert read(octets) == [reply]


def test_replies_come_whole_from_single_octets() -> None:
    reader = ReplyReader()

    replies = [r for octet in b"250-a\r\n250 b\r\n354 go\r\n" for r in reader.feed(bytes([octet]))]

    assert [reply.code for reply in replies] == [250, 354]
    assert reader.is_empty


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"SSH-2.0-OpenSSH\r\n", id="another protocol"),
        pytest.param(b"\x16\x03\x01\x00\xa5\n", id="TLS"),
        pytest.param(b"25 Ok\r\n", id="two digits"),
        pytest.param(b"250_Ok\r\n", id="no separator"),
        pytest.param(b"250-a\r\n550 b\r\n", id="code changes within a reply"),
        pytest.param(b"999 x\r\n", id="no such class"),
        pytest.param(b"\r\n", id="empty line"),
    ],
)
def test_what_is_no_reply_is_refused(octets: bytes) -> None:
    with pytest.raises(ReplyGarbage):
        read(octets)


def test_a_line_without_end_is_refused() -> None:
    reader = ReplyReader()

    with pytest.raises(ReplyGarbage):
        for _ in range(20):
            reader.feed(b"x" * (MAX_REPLY // 10))


def test_a_reply_without_last_line_is_refused() -> None:
    with pytest.raises(ReplyGarbage):
        read(b"250-more\r\n" * (MAX_REPLY // 5))


def test_a_long_text_is_cut() -> None:
    (reply,) = read(b"250 " + b"y" * 5_000 + b"\r\n")

    assert reply.text == "y" * MAX_TEXT

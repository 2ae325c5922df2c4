"""Stories in words: short, complete, and harmless on a terminal."""

from __future__ import annotations

from datetime import UTC, datetime

from lazaretto.journal.trace import TracedMessage, TracedRecipient
from lazaretto.run.telling import told_in_words

WHEN = datetime(2026, 11, 24, 10, 0, tzinfo=UTC)


def a_story(subject: str = "minutes", evidence: str = "") -> TracedMessage:
    return TracedMessage(
        id="01a20d50-93a4-74b0-a315-a8b4a627af0b",
        message_id="<1@partner.example>",
        sender="ann@partner.example",
        recipients=(
            TracedRecipient(address="bob@customer.example", place="delivered", disposition="deliver"),
        ),
        verdict="clean",
        score=0.5,
        reply="250 2.0.0 Queued as 01a20d50",
        subject=subject,
        direction="inbound",
        size=1000,
        received_at=WHEN,
        findings=({"symbol": "SPF_PASS", "score": 0.0, "evidence": evidence},),
        events=(
            {"time": WHEN, "event": "received", "recipients": []},
            {
                "time": WHEN,
                "event": "delivered",
                "recipients": [],
                "host": "mx.customer.example",
                "port": 25,
                "tls": {"protocol": "TLSv1.3"},
                "reply": "250 ok",
            },
        ),
    )


def test_a_story_says_who_what_where_and_how() -> None:
    told = told_in_words(a_story())

    assert "bob@customer.example: delivered" in told
    assert "verdict    clean, score 0.5" in told
    assert "delivered  at mx.customer.example:25; over TLSv1.3; reply: 250 ok" in told


def test_a_strangers_words_do_not_steer_the_terminal() -> None:
    told = told_in_words(a_story(subject="\x1b[2Jgone\r\nfake line", evidence="\x07\u202e"))

    assert "\x1b" not in told
    assert "\r" not in told
    assert "\u202e" not in told
    assert "fake line" in told.split("subject")[1].split("\n")[0]


def test_a_very_long_subject_is_cut() -> None:
    assert max(map(len, told_in_words(a_story(subject="x" * 10_000)).split("\n"))) < 200

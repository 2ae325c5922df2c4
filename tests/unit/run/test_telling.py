"""Stories in words: short, complete, and harmless on a terminal."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

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


@pytest.mark.parametrize(
    ("channel", "words"),
    [
        pytest.param(
            {"used": True, "policy": "opportunistic", "protocol": "TLSv1.3", "cipher": "AES"},
            "over TLSv1.3 AES",
            id="as usual",
        ),
        pytest.param(
            {"used": True, "policy": "dane", "protocol": "TLSv1.2", "cipher": "AES", "verified": True},
            "over TLSv1.2 AES (dane), certificate as demanded",
            id="as demanded",
        ),
        pytest.param(
            {"used": False, "advertised": True, "policy": "opportunistic", "fallback_reason": "no cipher"},
            "in clear, as no cipher",
            id="fallen back",
        ),
        pytest.param(
            {"used": False, "policy": "partner valid", "failure": "starttls-not-supported"},
            "in clear (partner valid), TLS was not offered, as starttls-not-supported",
            id="not offered",
        ),
    ],
)
def test_both_legs_say_how_they_were_encrypted(channel: dict[str, object], words: str) -> None:
    received = {"time": WHEN, "event": "received", "recipients": [], "client": {"channel": channel}}
    delivered = {"time": WHEN, "event": "delivered", "recipients": [], "channel": channel}

    told = told_in_words(replace(a_story(), events=(received, delivered))).split("\n")

    assert told[-2].endswith(f"received  {words}")
    assert told[-1].endswith(f"delivered  {words}")


def test_a_strangers_words_do_not_steer_the_terminal() -> None:
    told = told_in_words(a_story(subject="\x1b[2Jgone\r\nfake line", evidence="\x07\u202e"))

    assert "\x1b" not in told
    assert "\r" not in told
    assert "\u202e" not in told
    assert "fake line" in told.split("subject")[1].split("\n")[0]


def test_a_very_long_subject_is_cut() -> None:
    assert max(map(len, told_in_words(a_story(subject="x" * 10_000)).split("\n"))) < 200


def test_a_release_says_which_copy_who_asked_and_who_approved() -> None:
    moves = (
        {"time": WHEN, "event": "quarantined", "id": "ccb23690", "reason": "malware"},
        {"time": WHEN, "event": "requested", "by": "ann@customer.example", "to": "first", "reason": "a tool"},
        {"time": WHEN, "event": "approved", "by": "operator"},
    )

    told = told_in_words(replace(a_story(), events=moves))

    assert "quarantined  pen ccb23690; reason: malware" in told
    assert "requested  by: ann@customer.example; to: first; reason: a tool" in told
    assert "approved  by: operator" in told

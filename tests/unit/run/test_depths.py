"""One story is told at three depths: each has what its reader needs, and a user reads no codes."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from lazaretto.core.places import Place
from lazaretto.journal.trace import TracedMessage, TracedRecipient
from lazaretto.run.depth_texts import TEXTS
from lazaretto.run.depths import Depth, told_at

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
FULL: dict[str, Any] = {
    "time": NOON,
    "outcome": "deferred",
    "reply": "452 4.2.2 over quota",
    "host": "mx.customer.example",
    "ip": "192.0.2.1",
    "port": 25,
    "tls": {"protocol": "TLSv1.3", "cipher": "TLS_AES_256_GCM_SHA384", "verified": False},
    "next_at": "2026-03-01T12:05:00+00:00",
}


def a_story(place: str, *attempts: dict[str, Any]) -> TracedMessage:
    recipient = TracedRecipient(
        address="bob@customer.example", place=place, disposition="deliver", attempts=attempts
    )
    return TracedMessage(
        id="0190-id",
        message_id="<1@x>",
        sender="ann@sender.example",
        recipients=(recipient,),
        verdict="clean",
        score=0.0,
        reply="250 2.0.0 Queued as 0190-id",
        subject="hello",
        direction="inbound",
        size=1234,
        received_at=NOON,
        findings=(),
        events=({"time": NOON, "event": "retried", "recipients": [], "by": "ada"},),
    )


def test_a_user_reads_what_happened_and_when_it_goes_on_without_codes() -> None:
    told = told_at(Depth.USER, "en", a_story("ready", FULL))

    assert "mailbox is full" in told
    assert "2026-03-01 12:05 UTC" in told
    assert not any(word in told for word in ("452", "4.2.2", "192.0.2.1", "TLS"))


def test_a_help_desk_reads_the_answer_the_tries_and_what_to_do() -> None:
    told = told_at(Depth.HELP_DESK, "en", a_story("ready", FULL, FULL))

    assert "452 4.2.2 over quota" in told
    assert "Attempts: 2" in told
    assert "lazaretto queue retry 0190-id" in told


def test_an_engineer_reads_every_attempt_with_its_channel() -> None:
    told = told_at(Depth.ENGINEER, "en", a_story("ready", FULL, FULL))

    assert told.count("ip=192.0.2.1 port=25") == 2
    assert "cipher=TLS_AES_256_GCM_SHA384" in told
    assert "retried by=ada" in told


@pytest.mark.parametrize("language", sorted(TEXTS))
@pytest.mark.parametrize("place", [place.value for place in Place])
def test_every_place_has_a_sentence_in_every_language(language: str, place: str) -> None:
    attempts = (FULL,) if place in {"delivered", "bounced"} else ()

    told = told_at(Depth.USER, language, a_story(place, *attempts))

    assert len(told.split("\n")) >= 2
    assert TEXTS[language].unknown not in told


def test_a_strangers_answer_cannot_move_the_cursor() -> None:
    told = told_at(Depth.ENGINEER, "en", a_story("ready", {**FULL, "reply": "450 \x1b[2J gone\n250 ok"}))

    assert "\x1b" not in told
    assert not any(line.startswith("250 ok") for line in told.split("\n"))

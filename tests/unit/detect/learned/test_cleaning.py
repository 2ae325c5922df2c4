"""What tells where a message was collected does not reach the model."""

from __future__ import annotations

import time

import pytest

from lazaretto.detect.learned.cleaning import own_subject, own_words

OWN = "Could we meet on Friday to talk about the garden fence? I bring the plans."


@pytest.mark.parametrize(
    "trailer",
    [
        "_______________________________________________\nsome mailing list\nsome@list.example",
        "-- \nAnn Example, head of fences",
        "diff --git a/fence.c b/fence.c\n+int planks;",
        "-----Original Message-----\nFrom: Bob\nHello Ann",
        "To unsubscribe from this list send a mail to majordomo@list.example",
        "> Shall we build a fence?\n> I think so.",
        "Signed-off-by: Ann Example <ann@sender.example>",
    ],
)
def test_only_the_own_words_of_the_sender_are_left(trailer: str) -> None:
    assert own_words(f"{OWN}\n{trailer}\n").strip() == OWN


def test_a_mark_at_the_very_beginning_does_not_hide_the_text() -> None:
    assert "prize" in own_words(
        "________________________________\nClaim your prize now and be happy for ever"
    )


def test_addresses_urls_and_hashes_become_one_word_each() -> None:
    kept = own_words("write ann@sender.example or see https://host.example/a/b?c, commit 1a2b3c4d5e6f")
    assert kept.split() == ["write", "mailx", "or", "see", "urlx", "commit", "hexx"]


def test_tags_of_lists_and_marks_of_answers_leave_the_subject() -> None:
    assert own_subject("Re: [fence-dev] AW: the new planks") == " the new planks"


@pytest.mark.parametrize("piece", ["-", "_", "[", "On ", "a@", "a.", "http://", "\n", "> ", "1a"])
def test_hostile_text_takes_linear_time(piece: str) -> None:
    started = time.thread_time()
    own_words(piece * 100_000)
    own_subject(piece * 100_000)
    assert time.thread_time() - started < 0.1

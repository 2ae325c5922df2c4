"""The words of notifications to senders: polite, and saying what to do next."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeText:
    """Subject, and the paragraphs before and after the list of recipients."""

    subject: str
    opening: tuple[str, ...]
    closing: tuple[str, ...]


_TEXTS = {
    "failed": NoticeText(
        subject="Undelivered mail: returned to you",
        opening=(
            "Your message could not be delivered to the recipients below.",
            "It is not tried again.",
        ),
        closing=(
            "Please check the addresses, or ask the recipients in another way. If you",
            "need help, give this whole message to your postmaster.",
        ),
    ),
    "delayed": NoticeText(
        subject="Delayed mail: still being tried",
        opening=(
            "Your message has not reached the recipients below yet.",
            "You do not need to send it again.",
        ),
        closing=("You are told if it cannot be delivered in the end.",),
    ),
    "relayed": NoticeText(
        subject="Mail handed over to the next mail system",
        opening=(
            "Your message was handed over for the recipients below, to a mail system",
            "that does not send delivery notifications of its own.",
        ),
        closing=("You are not told about these recipients again.",),
    ),
}


def text_for(notice: str) -> NoticeText:
    """Return the English words of ``notice`` (the value of a ``bounce.Notice``)."""
    return _TEXTS[notice]

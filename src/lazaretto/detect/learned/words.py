"""The words of a message as features: one at a time, in pairs, and again for the subject."""

from __future__ import annotations

import re
from itertools import pairwise

from lazaretto.detect.folding import folded
from lazaretto.detect.learned.cleaning import own_subject, own_words
from lazaretto.mail.view import MessageView

FIRST, LAST = 600, 100
"""Words of a long text that are read from its beginning and its end."""
# Scripts without spaces are read two letters at a time.
_WORD = re.compile(
    "[\u3040-\u30ff\u3400-\u9fff]{1,2}|[^\\W\\d_\u3040-\u30ff\u3400-\u9fff][^\\W\\d_]{1,23}|[0-9]+|[$€£¥!%]"
)
# The same, where there is nothing but ASCII.
_ASCII_WORD = re.compile("[A-Za-z]{2,24}|[0-9]+|[$!%]")
_NUMBER = re.compile(r"\d(?:[\d.,:/-]*\d)?")


def words_of(message: MessageView) -> set[str]:
    """Return the word features of ``message``: ``word``, ``two words`` and ``s:word`` of the subject."""
    body = _words(own_words(_text(message)))
    if len(body) > FIRST + LAST:
        body = body[:FIRST] + body[-LAST:]
    subject = _words(own_subject(message.subject))
    found = set(body)
    found.update(map(" ".join, pairwise(body)))
    found.update(["s:" + word for word in subject])
    found.update([f"s:{one} {two}" for one, two in pairwise(subject)])
    return found


def _text(message: MessageView) -> str:
    # The plain alternative repeats the HTML; what its reader sees counts.
    visible = message.html.visible
    return visible if len(visible) > 20 else message.text


def _words(text: str) -> list[str]:
    plain = _NUMBER.sub("0", folded(text))
    return (_ASCII_WORD if plain.isascii() else _WORD).findall(plain)

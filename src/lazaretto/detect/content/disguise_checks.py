"""Advertisements that hide from those who read words: in pictures, and in words spelt strangely."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar, Final

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.brands import registered
from lazaretto.detect.checks import answered, check, symbols_of
from lazaretto.mail.urls import Found
from lazaretto.mail.view import MessageView

MAX_TEXT: Final = 6_000
LONGEST: Final = 40
LEAST_PICTURE: Final = 3_000
"""Octets of a picture that can hold an advertisement; logos and dividers are smaller or come later."""
_PICTURE = re.compile(rb"<img\b[^>]{0,600}?\bsrc\s*=\s*[\"']?cid:", re.I)
_LINKED = re.compile(
    rb"<a\b[^>]{1,600}>\s*(?:<[^ai/][^>]{0,200}>\s*){0,3}<img\b[^>]{0,600}?\bsrc\s*=\s*[\"']?cid:", re.I
)
_TAG = re.compile(rb"<[^>]{0,2000}>|&[a-z#0-9]{2,8};")
_HEAD = re.compile(rb"<(?:head|style|title|script)\b.*?</(?:head|style|title|script)\s*>|<!--.*?-->", re.S)
_SOLD: Final = frozenset(
    "viagra cialis levitra xanax valium ambien tramadol phentermine pharmacy medication medications meds "
    "prescription enlarge enlargement erection penis rolex replica casino mortgage microsoft adobe photoshop "
    "software refinance ejaculate pharmaceutical discount ringtone".replace("l", "i").split()
)
_DRAWN: Final = str.maketrans({"4": "a", "@": "a", "3": "e", "1": "i", "l": "i", "!": "i", "|": "i", "0": "o",
                               "5": "s", "$": "s", "7": "t", "+": "t", "9": "g"})  # fmt: skip
_ODD = re.compile(r"[^a-z]+")
_ENDS = re.compile(r"^[^a-z0-9@$]+|[^a-z0-9@$]+$")


def _inline_pictures(message: MessageView) -> list[str]:
    return [
        part.content_type
        for part in message.leaves
        if part.main_type == "image"
        and part.length > LEAST_PICTURE
        and part.header.first("content-id") is not None
    ]


def _picture_first(message: MessageView, facts: Facts) -> str | None:
    source = message.html_source[:60_000]
    match = _PICTURE.search(source)
    if match is None or not _inline_pictures(message):
        return None
    before = _TAG.sub(b" ", _HEAD.sub(b" ", source[: match.start()].lower()))
    return "" if len(before.split()) < 3 else None


def _picture_leads_away(message: MessageView, facts: Facts) -> str | None:
    if not _LINKED.search(message.html_source[:60_000]) or not _inline_pictures(message):
        return None
    author = message.author
    own = registered(author.address.domain.lower()) if author is not None else ""
    hosts = [url.host for url in message.urls if url.found is Found.LINK and url.host]
    strangers = [host for host in hosts if registered(host) != own]
    return strangers[0] if strangers and len(strangers) == len(hosts) else None


def _disguised_word(message: MessageView, facts: Facts) -> str | None:
    for word in f"{message.subject} {message.text[:MAX_TEXT]}".lower().split():
        if (
            len(word) > 4
            and not word.isalpha()
            and len(word) < LONGEST
            and _is_disguised(_ENDS.sub("", word))
        ):
            return word
    return None


def _is_disguised(word: str) -> bool:
    # A hyphen parts words at the end of a line, which hides nothing.
    if word.replace("-", "").isalpha():
        return False
    return _ODD.sub("", word.translate(_DRAWN)) in _SOLD


CHECKS = (
    check("PICTURE_BEFORE_TEXT", "Begins with a picture that it brings along", _picture_first),
    check(
        "PICTURE_LEADS_AWAY",
        "A picture that it brings along is a link to a stranger's site",
        _picture_leads_away,
    ),
    check("WORD_DISGUISED", "Spells the name of something for sale in a strange way", _disguised_word),
)


class DisguiseChecks:
    """Asks whether an advertisement hides from filters."""

    card: ClassVar = DetectorCard(
        name="content.disguise",
        summary="Finds advertisements in pictures and in strangely spelt words",
        service=Service.ANTISPAM,
        symbols=symbols_of(CHECKS),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report every question whose answer is yes."""
        return answered(CHECKS, message, facts)

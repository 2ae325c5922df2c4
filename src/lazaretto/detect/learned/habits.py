"""Habits of the program that wrote a message: spelling of fields, marks of its HTML, shapes of names.

Like ``shape``, but finer: what a sender's software leaves behind without thinking of it.  Nothing here
is a name; letters and digits are masked, so that nobody's own host or mailbox is learned.
"""

from __future__ import annotations

import re
import string
from collections.abc import Iterator

from lazaretto.detect.brands import registered
from lazaretto.detect.learned.grammar import SMALL
from lazaretto.detect.learned.html_marks import MARKS
from lazaretto.detect.learned.origin import own_urls, writer_of
from lazaretto.mail.urls import Found
from lazaretto.mail.view import MessageView

MAX_HTML = 100_000
MAX_TEXT = 8_000
MAX_URLS = 40
LEAST_JUDGED, MAX_JUDGED = 20, 3_000
"""Words, and characters, of which the share of small words tells something."""
_SPELT = re.compile(rb"^(message-id|mime-version):", re.MULTILINE | re.IGNORECASE)
_BOUNDARY = re.compile(rb'boundary\s*=\s*"?([^";\s]{1,80})', re.IGNORECASE)
_DIGITS, _SMALL, _LARGE = re.compile(r"[0-9]+"), re.compile(r"[a-z]+"), re.compile(r"[A-Z]+")
_ASCII_LARGE, _ASCII_SMALL, _ASCII_DIGITS = (
    each.encode() for each in (string.ascii_uppercase, string.ascii_lowercase, string.digits)
)
_SERVICES = (".amazonses.com", ".outlook.com", "mail.gmail.com", ".sendgrid.net")
_UNSEEN = frozenset({Found.BARE, Found.IMAGE})


def habits_of(message: MessageView) -> set[str]:
    """Return the features of the habits behind ``message``."""
    return {
        *_fields(message),
        *_marks(message.html_source_lower),
        *_names(message),
        *_text(message),
        *_targets(message),
    }


def masked(text: str) -> str:
    """Return ``text`` with every run of small letters, capitals and digits as one sign each."""
    return _SMALL.sub("a", _DIGITS.sub("0", _LARGE.sub("A", text)))


def _fields(message: MessageView) -> Iterator[str]:
    raw = message.header.raw[:60_000]
    for match in _SPELT.finditer(raw):
        yield f"hc:{match[1].decode('ascii')}"
    boundary = _BOUNDARY.search(raw)
    if boundary is not None:
        yield f"bd:{masked(boundary[1].decode('latin-1'))[:14]}"


def _marks(source: bytes) -> Iterator[str]:
    if source:
        low = source[:MAX_HTML]
        for octets, name in MARKS:
            if octets in low:
                yield f"hm:{name}"


def _names(message: MessageView) -> Iterator[str]:
    author = writer_of(message)
    if author is None:
        return
    domain, local = author.address.domain.lower(), author.address.local.lower()
    owner = registered(domain)
    name = owner.partition(".")[0]
    yield f"fl:{masked(local)[:12]}"
    yield f"fl#{min(len(local), 40) // 4}"
    yield f"fd#{len(name) // 3}"
    yield f"fd-{min(name.count('-'), 3)}"
    yield f"fdv{10 * sum(c in 'aeiouy' for c in name) // max(1, len(name))}"
    yield f"mid:{_maker(message, owner)}"
    shown = author.display_name.lower()
    yield f"fn:{_kind_of_name(shown, local, domain)}"


def _maker(message: MessageView, owner: str) -> str:
    place = message.message_id.strip("<> ").lower().rpartition("@")[2]
    if not place:
        return "none"
    if registered(place) == owner:
        return "own"
    if "." not in place:
        return "local"
    return "gen" if place.endswith(_SERVICES) else "other"


def _kind_of_name(shown: str, local: str, domain: str) -> str:
    if not shown:
        return "none"
    if shown.replace(" ", ".") == local:
        return "islocal"
    return "hasdom" if domain.partition(".")[0] in shown.replace(" ", "") else "x"


def _text(message: MessageView) -> Iterator[str]:
    text = (message.html.visible or message.text)[:MAX_TEXT]
    length = len(text) or 1
    letters, large, digits = _counts(text)
    yield f"tu{20 * large // (letters or 1)}"
    yield f"td{20 * digits // length}"
    yield f"te{min(8, text.count('!'))}"
    yield f"tq{min(5, text.count('?'))}"
    foreign = 0 if text.isascii() else sum(c > "\u024f" for c in text)
    yield f"tf{10 * foreign // length}"
    yield f"tl{min(12, len(text) // (text.count(chr(10)) + 1) // 10)}"
    words = text[:MAX_JUDGED].lower().split()
    if len(words) >= LEAST_JUDGED:
        # People write a small word after every one or two large ones; random words have none.
        yield f"tg{20 * sum(word in SMALL for word in words) // len(words)}"


def _counts(text: str) -> tuple[int, int, int]:
    """Return how many letters, capitals and digits there are in ``text``."""
    if text.isascii():
        # Most mail: leaving out what is counted is many times faster than looking at each character.
        octets = text.encode()
        large = len(octets) - len(octets.translate(None, _ASCII_LARGE))
        small = len(octets) - len(octets.translate(None, _ASCII_SMALL))
        return large + small, large, len(octets) - len(octets.translate(None, _ASCII_DIGITS))
    letters = sum(map(str.isalpha, text))
    return letters, sum(map(str.isupper, text)), sum(map(str.isdigit, text))


def _targets(message: MessageView) -> Iterator[str]:
    for url in own_urls(message)[:MAX_URLS]:
        if url.found in _UNSEEN:
            continue
        label = registered(url.host).partition(".")[0]
        yield f"un:{masked(label)[:10]}"
        yield f"ul{len(label) // 3}"
        yield f"uh{min(3, label.count('-'))}"
        path = url.rest.partition("?")[0]
        yield f"up:{masked(path)[:14]}"
        end = path.rpartition(".")[2]
        if "/" not in end and 1 < len(end) < 6:
            yield f"ux:{end.lower()}"

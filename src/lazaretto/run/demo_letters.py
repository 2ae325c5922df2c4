"""The letters of the demonstration: which exist, and how one of them becomes a message."""

from __future__ import annotations

import random
import tomllib
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime, parseaddr
from functools import cache
from importlib.resources import files
from typing import Final

WEIGHTS: Final = {
    "clean": 46,
    "outbound": 14,
    "bulk": 13,
    "spam": 15,
    "phishing": 6,
    "impersonation": 3,
    "malware": 3,
}
"""How often letters of each kind come."""
_DAYS: Final = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday"),
    "fr": ("lundi", "mardi", "mercredi", "jeudi", "vendredi"),
    "nl": ("maandag", "dinsdag", "woensdag", "donderdag", "vrijdag"),
    "de": ("Montag", "Dienstag", "Mittwoch", "Donnerstag", "Freitag"),
}
_LANGUAGES: Final = {
    "Bonjour": "fr",
    "notre vente": "fr",
    "Dag ": "nl",
    "Guten Tag": "de",
}
# The industry's harmless test file; in two halves so that no scanner takes this source for it.
_TEST_FILE: Final = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """A letter with gaps."""

    kind: str
    subject: str
    author: str = ""
    """Empty = one of the tenant's people."""
    to: str = ""
    text: str = ""
    html: str = ""
    list: str = ""
    file: str = ""

    @property
    def sender(self) -> str:
        """The address in ``author``."""
        return parseaddr(self.author)[1]


@cache
def letters() -> dict[str, tuple[Letter, ...]]:
    """Return all letters by kind."""
    given = tomllib.loads(files("lazaretto.run").joinpath("demo_letters.toml").read_text(encoding="utf-8"))
    found: dict[str, list[Letter]] = {}
    for each in given["letter"]:
        values = {("author" if key == "from" else key): value for key, value in each.items()}
        letter = Letter(**values)
        found.setdefault(letter.kind, []).append(letter)
    return {kind: tuple(some) for kind, some in found.items()}


def written(letter: Letter, person: str, at: datetime, chance: random.Random) -> bytes:
    """Return ``letter`` as a message to ``person`` (or from them, where it goes out)."""
    number = chance.randint(2, 98)
    words = letter.text or letter.html
    language = next((code for mark, code in _LANGUAGES.items() if mark in words), "en")
    gaps = {
        "{name}": person.partition("@")[0].capitalize(),
        "{n}": str(number),
        "{day}": chance.choice(_DAYS[language]),
    }
    author = letter.author or f"{gaps['{name}']} <{person}>"
    message = EmailMessage(policy=SMTP)
    message["From"] = author
    message["To"] = letter.to or person
    message["Subject"] = _filled(letter.subject, gaps)
    message["Date"] = format_datetime(at)
    message["Message-ID"] = f"<{chance.getrandbits(64):x}@{parseaddr(author)[1].partition('@')[2]}>"
    message.set_content(_filled(words, gaps).lstrip(), subtype="html" if letter.html else "plain")
    if letter.list:
        message["List-Id"] = f"<{letter.list}>"
        message["List-Unsubscribe"] = f"<https://{letter.list.partition('.')[2]}/unsubscribe>"
        message["Precedence"] = "bulk"
    if letter.file:
        message.add_attachment(
            _TEST_FILE.encode(), maintype="application", subtype="octet-stream", filename=letter.file
        )
    return message.as_bytes()


def _filled(text: str, gaps: dict[str, str]) -> str:
    for gap, words in gaps.items():
        text = text.replace(gap, words)
    return text

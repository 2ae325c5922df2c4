"""What portals call settings, choices and findings, in the reader's language: ``words/*.txt``.

Settings are many and come from the tenant document's models; their words stand in tables, one line
each, where a translator sees them side by side.  What has no line is told as the document tells it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Final

from django.utils.functional import lazystr
from django.utils.translation import get_language

LANGUAGES: Final = ("en", "fr", "nl", "de")


@dataclass(frozen=True, slots=True)
class Words:
    """A label and what it means."""

    label: str
    help: str = ""


@cache
def table(language: str) -> Mapping[str, Words]:
    """Return every line of a language's table."""
    text = (files("lazaretto.web.admin") / "words" / f"{language}.txt").read_text(encoding="utf-8")
    found = {}
    for line in text.split("\n"):
        if line.strip() and not line.startswith("#"):
            key, label, help_text = (part.strip() for part in line.split(" |", 2))
            found[key] = Words(label, help_text)
    return found


def words(key: str, otherwise: str = "") -> Words:
    """Return the words of ``key``; without any the last step of the key, and ``otherwise`` as help."""
    language = (get_language() or "en")[:2]
    known = table(language if language in LANGUAGES else "en")
    found = known.get(key) or table("en").get(key)
    return found or Words(key.rpartition(".")[2].replace("_", " ").replace("-", " ").capitalize(), otherwise)


def label(key: str) -> str:
    """Return the label of ``key``."""
    return words(key).label


def lazy_label(key: str) -> object:
    """Return a text that is read in the reader's language, for what is said when a module is loaded."""
    return lazystr(_Later(key))


class _Later:
    def __init__(self, key: str) -> None:
        self._key = key

    def __str__(self) -> str:
        return label(self._key)


def choice(value: object) -> str:
    """Return the label of one of the values that a setting is chosen from."""
    return label(f"choice.{str(value).lower()}")

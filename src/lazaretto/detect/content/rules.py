"""Rules about texts, as data: ``rules/*.toml``.

A rule is one or more clauses, all of which must hold; a clause looks for patterns in one field of
the message and holds when enough of them are there.  Every rule carries examples of texts that it
finds and of honest ones that it leaves alone; tests run them all.
"""

from __future__ import annotations

import tomllib
from enum import Enum
from functools import cache

import msgspec

from lazaretto.core.findings import Symbol, Verdict
from lazaretto.detect.knowledge import knowledge
from lazaretto.detect.weights import weight_of


class Field(Enum):
    """What of a message a clause reads."""

    SUBJECT = "subject"
    """The subject, folded."""
    SENDER = "sender"
    """From, Reply-To and Sender, decoded and folded, one a line."""
    WORDS = "words"
    """Subject and visible text, folded (lower case, no accents, single spaces)."""
    HTML = "html"
    """HTML as written."""
    HEADER = "header"
    """The header block as received."""
    URLS = "urls"
    """Every link target, one a line."""
    NAMES = "names"
    """File names of attachments, folded, one a line."""


class Clause(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Holds when at least ``at_least`` of the patterns ``any`` are in ``field``."""

    field: Field
    any: tuple[str, ...]
    at_least: int = 1


class Example(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Texts of one message, by field; what is left out is empty."""

    subject: str = ""
    sender: str = ""
    words: str = ""
    html: str = ""
    header: str = ""
    urls: str = ""
    names: str = ""


class Rule(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """One rule as its file has it."""

    name: str
    summary: str
    fr: str = ""
    nl: str = ""
    de: str = ""
    verdict: Verdict | None = None
    all: tuple[Clause, ...] = ()
    find: tuple[str, ...] = ()
    """Short for a clause that wants one of these in the words; comes first."""
    near: tuple[str, ...] = ()
    """Short for a second such clause."""
    unless: tuple[Clause, ...] = ()
    """Clauses none of which may hold."""
    positive: tuple[Example | str, ...]
    """A text alone is an example of words."""
    negative: tuple[Example | str, ...]

    @property
    def clauses(self) -> tuple[Clause, ...]:
        """Every clause that must hold, the one that is looked for first in front."""
        short = (Clause(field=Field.WORDS, any=words) for words in (self.find, self.near) if words)
        return (*short, *self.all)

    @property
    def found_in(self) -> tuple[Example, ...]:
        """The examples that the rule finds."""
        return tuple(map(_example, self.positive))

    @property
    def not_found_in(self) -> tuple[Example, ...]:
        """The examples that the rule leaves alone."""
        return tuple(map(_example, self.negative))

    @property
    def symbol(self) -> Symbol:
        """The symbol that the rule reports."""
        return Symbol(name=self.name, score=weight_of(self.name), summary=self.summary, verdict=self.verdict)


def _example(written: Example | str) -> Example:
    return Example(words=written) if isinstance(written, str) else written


@cache
def rules() -> tuple[Rule, ...]:
    """Return every rule of every file, ordered by name."""
    folder = knowledge("content/rules")
    found: list[Rule] = []
    for file in sorted(folder.iterdir(), key=lambda each: each.name):
        if file.name.endswith(".toml"):
            document = tomllib.loads(file.read_text(encoding="utf-8"))
            found += msgspec.convert(document["rule"], list[Rule])
    return tuple(sorted(found, key=lambda rule: rule.name))

"""What the linter says is said in every language, with the document's own words left as they are."""

from __future__ import annotations

import ast
import inspect
import string
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from lazaretto import tenants
from lazaretto.tenants.checking import check
from lazaretto.tenants.remark_words import LANGUAGES, in_language, sentences
from tests.unit.tenants.test_seeded_mistakes import CLEAN, MISTAKES

OTHERS = LANGUAGES[1:]


def source_of_remarks() -> Iterator[ast.AST]:
    folder = Path(inspect.getfile(tenants)).parent
    for file in sorted([*folder.glob("questions/*.py"), *folder.glob("services/*.py")]):
        yield ast.parse(file.read_text(encoding="utf-8"))


def literal_parts(tree: ast.AST) -> Iterator[str]:
    """Yield the longest literal piece of everything that is said in a remark."""
    for node in ast.walk(tree):
        said: list[ast.expr] = []
        if isinstance(node, ast.Assign) and any(
            isinstance(each, ast.Name) and each.id == "problem" for each in node.targets
        ):
            said = [node.value]
        elif isinstance(node, ast.Call) and getattr(node.func, "attr", "") == "remark":
            said = node.args[1:]
        for each in said:
            pieces = [
                part.value
                for part in ast.walk(each)
                if isinstance(part, ast.Constant) and isinstance(part.value, str)
            ]
            if pieces:
                yield max(pieces, key=len)


def test_every_sentence_of_the_questions_has_its_words() -> None:
    known = [sentence.words["en"] for sentence in sentences()]

    missing = [
        piece
        for tree in source_of_remarks()
        for piece in literal_parts(tree)
        if not any(piece in each for each in known)
    ]

    assert missing == []


def test_every_sentence_has_the_same_gaps_in_every_language() -> None:
    for sentence in sentences():
        gaps = {language: gaps_of(words) for language, words in sentence.words.items()}

        assert set(gaps) == set(LANGUAGES)
        assert len(set(gaps.values())) == 1, sentence.words["en"]


def gaps_of(words: str) -> int:
    return sum(name is not None for _, name, _, _ in string.Formatter().parse(words))


@pytest.mark.parametrize("language", OTHERS)
def test_seeded_mistakes_are_told_in_every_language(language: str) -> None:
    for mistake, _ in MISTAKES:
        keys = {line.partition(":")[0] for line in mistake.splitlines() if line[:1].isalpha()}
        kept = "".join(f"{line}\n" for line in CLEAN.splitlines() if line.partition(":")[0] not in keys)
        for remark in check(f"{kept}{mistake}\n", "x", date(2026, 5, 1)):
            assert in_language(remark.text, language) != remark.text, remark.text


def test_what_the_document_says_stays_as_it_is() -> None:
    text = "a.example ended on 2026-04-30, so it has no effect; remove or extend it"

    assert in_language(text, "de") == (
        "a.example endete am 2026-04-30 und hat keine Wirkung; entfernen oder verlängern Sie es"
    )
    assert in_language(
        "every address at c.example exists by *@c.example, so nothing is refused there; narrow it", "fr"
    ).startswith("par *@c.example toute adresse de c.example")
    assert in_language(text, "en") == text
    assert in_language("nobody translated this", "fr") == "nobody translated this"

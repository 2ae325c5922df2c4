"""What documents promise of the mail path is shown by tests, and no conversation is forgotten."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from lazaretto.run.settings import Settings

ROOT = Path(__file__).resolve().parents[2]
TESTS = ROOT / "tests"
DIALOGS = TESTS / "dialogs"
LIMITS = ROOT / "docs" / "reference" / "limits.md"
TABLES = (LIMITS, ROOT / "docs" / "reference" / "rfc5321.md", ROOT / "docs" / "threat-model.md")
_NAMED = re.compile(r"`((?:[\w/*-]+/)?(?:[\w*-]+\.smtp|test_[\w*-]+\.py))`")
_SETTING = re.compile(r"`((?:edge|content|spool|scan|delivery|listen|dns)\.[a-z0-9_]+)`")


def rows(document: Path) -> Iterator[str]:
    """Yield the rows of every table but their heads."""
    lines = document.read_text(encoding="utf-8").split("\n")
    for number, line in enumerate(lines):
        is_head = number + 1 < len(lines) and lines[number + 1].startswith("| ---")
        if line.startswith("|") and not line.startswith("| ---") and not is_head:
            yield line


def named_in(text: str) -> list[str]:
    return _NAMED.findall(text)


def found(name: str) -> list[Path]:
    """Return the files that a document means by ``name``: from the conversations, or from all tests."""
    return [path for folder in (DIALOGS, TESTS, TESTS / "journeys") for path in folder.glob(name)]


@pytest.mark.parametrize("document", TABLES, ids=lambda path: path.name)
def test_each_row_names_a_test_and_each_test_exists(document: Path) -> None:
    listed = list(rows(document))

    assert listed
    assert [row for row in listed if not named_in(row)] == [], "a promise that nothing shows"
    assert [name for row in listed for name in named_in(row) if not found(name)] == []


def test_no_conversation_is_forgotten() -> None:
    named = {
        path
        for document in TABLES
        for row in rows(document)
        for name in named_in(row)
        for path in found(name)
    }

    assert (
        sorted(str(path.relative_to(DIALOGS)) for path in DIALOGS.glob("*/*.smtp") if path not in named) == []
    )


def test_each_setting_of_the_limits_exists() -> None:
    settings = Settings()
    named = set(_SETTING.findall(LIMITS.read_text(encoding="utf-8")))

    missing = [
        name
        for name in named
        if not hasattr(getattr(settings, name.partition(".")[0]), name.partition(".")[2])
    ]
    assert named
    assert missing == []


def test_each_limit_of_the_edge_is_in_the_table() -> None:
    """A setting of the edge that bounds something is promised somewhere, and so shown by a test."""
    named = set(_SETTING.findall(LIMITS.read_text(encoding="utf-8")))
    no_limits = {
        "client_authorities",
        "drain_timeout",
        "receive_buffer",
        "postmaster",
        "refusal_page",
        "shared_networks",
    }

    unnamed = {name for name in type(Settings().edge).model_fields if f"edge.{name}" not in named}

    assert unnamed == no_limits

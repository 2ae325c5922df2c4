"""Every SQL file is one described query, and every migration has a number of its own."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import lazaretto
from lazaretto.db.migrate import DATABASES, migrations_of
from lazaretto.db.sql import query

SOURCE = Path(lazaretto.__file__).parent
QUERIES = sorted(SOURCE.glob("*/sql/*.sql"))


@pytest.mark.parametrize("file", QUERIES, ids=lambda file: f"{file.parent.parent.name}/{file.stem}")
def test_a_query_begins_with_a_sentence_and_is_one_statement(file: Path) -> None:
    first, *rest = file.read_text().splitlines()

    assert re.fullmatch(r"-- [A-Z].*\.", first)
    assert ";" not in "\n".join(rest)
    assert "SELECT *" not in "\n".join(rest)


@pytest.mark.parametrize("package", sorted({file.parent.parent.name for file in QUERIES}))
def test_every_query_is_run_by_somebody(package: str) -> None:
    code = "\n".join(file.read_text() for file in (SOURCE / package).rglob("*.py"))
    own = [file for file in QUERIES if file.parent.parent.name == package]
    included = {
        name for file in own for name in re.findall(r"^-- include (\w+)$", file.read_text(), re.MULTILINE)
    }

    assert [file.stem for file in own if f'"{file.stem}"' not in code and file.stem not in included] == []


def test_what_is_included_stands_in_the_query() -> None:
    text = query("lazaretto.spool", "list_waiting")

    assert "-- include" not in text
    assert "%(sender)s" in text


@pytest.mark.parametrize("database", DATABASES)
def test_migrations_are_numbered_without_gaps(database: str) -> None:
    numbers = [int(file.name[:4]) for file in migrations_of(database)]

    assert numbers == list(range(1, len(numbers) + 1))
    assert numbers

"""The list of frequent tasks names tests that exist and run in two languages, on a desktop and on a phone."""

from __future__ import annotations

import importlib
import re
from pathlib import Path
from typing import Any

import pytest

from tests.browser.conftest import DESKTOP, PHONE

PAGE = Path(__file__).parents[2] / "docs" / "extend" / "tasks.md"
_ROW = re.compile(r"^\| (\d+) \| ([^|]+) \| `(\w+)\.(\w+)` \|$", re.M)


def listed(heading: str) -> list[tuple[str, str, str, str]]:
    part = PAGE.read_text(encoding="utf-8").split(f"## {heading}\n")[1].split("\n## ")[0]
    return _ROW.findall(part)


ADMINISTRATOR, END_USER = listed("Of an administrator"), listed("Of an end user")


@pytest.mark.parametrize("rows", [ADMINISTRATOR, END_USER], ids=["administrator", "end user"])
def test_there_are_twenty_different_tasks(rows: list[tuple[str, str, str, str]]) -> None:
    assert [number for number, *_ in rows] == [str(number) for number in range(1, 21)]
    assert len({task for _, task, *_ in rows}) == 20


@pytest.mark.parametrize(
    ("module", "name"), sorted({(module, name) for *_, module, name in ADMINISTRATOR + END_USER})
)
def test_each_runs_in_two_languages_and_both_sizes(module: str, name: str) -> None:
    test = getattr(importlib.import_module(f"tests.browser.{module}"), name)

    languages, sizes = set[Any](), set[Any]()
    for mark in test.pytestmark:
        names = (
            [each.strip() for each in mark.args[0].split(",")]
            if isinstance(mark.args[0], str)
            else list(mark.args[0])
        )
        for case in mark.args[1]:
            values = dict(zip(names, getattr(case, "values", case), strict=True))
            languages.add(values.get("language"))
            sizes.add(values.get("size"))

    assert len(languages - {None}) >= 2
    assert {DESKTOP, PHONE} <= sizes

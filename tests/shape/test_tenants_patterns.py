"""No tenant writes a regular expression: what it writes is compared, and its masks are linear."""

from __future__ import annotations

import ast
import time
from collections.abc import Iterator
from fnmatch import fnmatchcase
from pathlib import Path

import pytest

import lazaretto

SOURCE = Path(lazaretto.__file__).parent
READS_TENANTS_WORDS = ("tenants", "policy", "actions", "core")
PROGRAMS_OWN = "remark_words.py"
"""Makes patterns of sentences that are shipped."""
ASKS = {"compile", "match", "fullmatch", "search", "sub", "split", "findall", "finditer"}
LONG = "a" * 20_000
PATIENCE = 2.0
"""Seconds of processor time, a hundred times what it takes."""


def _patterns(file: Path) -> Iterator[ast.expr]:
    """Yield what is given to ``re`` as a pattern."""
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and isinstance(node.func.value, ast.Name)
            and node.func.value.id == "re"
            and node.func.attr in ASKS
        ):
            yield node.args[0]


@pytest.mark.parametrize("package", READS_TENANTS_WORDS)
def test_every_regular_expression_there_is_written_in_the_program(package: str) -> None:
    files = [file for file in (SOURCE / package).rglob("*.py") if file.name != PROGRAMS_OWN]
    assert files

    found = {
        f"{file.relative_to(SOURCE)}: {ast.unparse(pattern)[:60]}"
        for file in files
        for pattern in _patterns(file)
        if not isinstance(pattern, ast.Constant)
    }

    assert found == set()


@pytest.mark.parametrize(
    ("mask", "name"),
    [
        pytest.param("*a" * 30 + "b", LONG, id="many stars"),
        pytest.param("*a" * 250 + "*b", LONG, id="as many stars as fit"),
        pytest.param("*?" * 250 + "b", LONG, id="stars and marks"),
        pytest.param("*[a-z]" * 80 + "!", LONG, id="stars and classes"),
        pytest.param("(a+)+$", LONG + "!", id="a regular expression"),
        pytest.param("[z-a]*", "x", id="an empty class"),
        pytest.param("[[:a", "x", id="a class without end"),
        pytest.param("[a-\\", "x", id="a backslash at the end"),
        pytest.param("[!]", "x", id="a class of nothing"),
    ],
)
def test_no_mask_for_attachments_errs_or_takes_long(mask: str, name: str) -> None:
    began = time.thread_time()

    assert fnmatchcase(name, mask) is False

    assert time.thread_time() - began < PATIENCE

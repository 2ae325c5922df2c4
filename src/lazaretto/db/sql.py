"""SQL files by name: one query per file in a package's ``sql/``, whose first line says what it does."""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from typing import LiteralString


@cache
def query(package: str, name: str) -> LiteralString:
    """Return the text of ``package``'s ``sql/name.sql``; read once per process."""
    return files(package).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")

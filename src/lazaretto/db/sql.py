"""SQL files by name: one query per file in a package's ``sql/``, whose first line says what it does.

A line ``-- include name`` stands for the lines of ``name.sql`` behind its first one: what several
queries ask in the same words is written once.
"""

from __future__ import annotations

import re
from functools import cache
from importlib.resources import files
from typing import Final, LiteralString

_INCLUDE: Final = re.compile(r"^-- include ([a-z_]+)\n", re.MULTILINE)


@cache
def query(package: str, name: str) -> LiteralString:
    """Return the text of ``package``'s ``sql/name.sql``; read once per process."""
    text = files(package).joinpath("sql", f"{name}.sql").read_text(encoding="utf-8")
    return _INCLUDE.sub(lambda found: query(package, found[1]).partition("\n")[2], text)

"""Cells of tables that people open in a spreadsheet: a stranger's text must not become a formula."""

from __future__ import annotations

from typing import Final

# A spreadsheet takes what begins like this for a formula, or skips it and looks at what follows.
_BEGINNINGS: Final = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def plain(text: str) -> str:
    """Return ``text`` so that a spreadsheet shows it and computes nothing."""
    line = "".join(each if each.isprintable() else " " for each in text)
    return f"'{line}" if line.lstrip().startswith(_BEGINNINGS) or text.startswith(_BEGINNINGS) else line

"""Word lists that detectors ship beside their code: one entry a line, ``#`` begins a comment."""

from __future__ import annotations

from lazaretto.detect.knowledge import knowledge


def words_in(path: str) -> tuple[str, ...]:
    """Return the entries of the list at ``path`` below this package, in order."""
    text = knowledge(path).read_text(encoding="utf-8")
    return tuple(line for line in text.split("\n") if line and not line.startswith("#"))

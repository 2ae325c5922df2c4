"""QR codes that a letter draws: with cells of a table, or with characters that are blocks."""

from __future__ import annotations

import html
import re
from collections.abc import Iterator, Sequence

from PIL import Image

from lazaretto.detect.codes import LEAST_SIDE

_TABLE = re.compile(rb"<table\b[^>]{0,400}>((?:(?!</?table).){2000,200000})</table>", re.I | re.S)
_ROW = re.compile(rb"<tr\b.{0,20000}?</tr>", re.I | re.S)
_CELL = re.compile(rb"<t[dh]\b([^>]{0,300})>", re.I)
_DARK = re.compile(
    rb"(?:bgcolor|background(?:-color)?)\s*[=:]\s*[\"']?\s*(?:#0{3}(?:0{3})?\b|black|#[0-3][0-9a-f]{5}\b|rgb\(0)",
    re.I,
)
_SPAN = re.compile(rb"colspan\s*=\s*[\"']?(\d{1,2})", re.I)
_CLASS = re.compile(rb"\bclass\s{0,9}=\s{0,9}[\"']?\s{0,9}([\w -]{1,80})", re.I)
_RULE = re.compile(rb"\.([\w-]{1,40})\s{0,9}\{([^{}]{0,400})\}")
_LINE_END = re.compile(rb"<br\b[^>]{0,100}>|</(?:div|p|tr|li|pre)\s{0,9}>", re.I)
_KEEPS_LINES = re.compile(rb"<pre\b|white-space\s{0,9}:\s{0,9}pre", re.I)
_TAG = re.compile(rb"<[^<>]{1,2000}>")
_UPPER, _LOWER, _WHOLE = "\u2580", "\u2584", "\u2588\u25a0\u2593\u2b1b\u25fc\u25fe"
_DARK_BLOCKS = _UPPER + _LOWER + _WHOLE
_BLOCKS = _DARK_BLOCKS + "\u2591 \u00a0\u3000\u2b1c\u25fb\u25fd"
_PLAIN_MARKS = tuple(block.encode() for block in (_UPPER, _LOWER, "\u2588", "\u2b1b"))
_NAMED_MARKS = tuple(
    spelled for block in (0x2580, 0x2584, 0x2588, 0x2B1B) for spelled in (b"&#%d;" % block, b"&#x%x;" % block)
)
MOST_DRAWN = 60_000
"""Characters in which drawings are looked for."""


def drawn_in_page(source: bytes) -> Iterator[Image.Image]:
    """Yield the pictures that tables and lines of blocks make in a page."""
    if source.count(b"<td") >= LEAST_SIDE * 10:
        yield from _tables(source)
    if _has_blocks(source):
        # What a reader sees of a page has its spaces collapsed, of which drawings are made.
        if not _KEEPS_LINES.search(source):
            source = source.replace(b"\r", b"").replace(b"\n", b"")
        text = _TAG.sub(b"", _LINE_END.sub(b"\n", source)).decode("utf-8", "replace")
        yield from drawn_in_text(html.unescape(text))


def _has_blocks(source: bytes) -> bool:
    # Nearly every page is told in microseconds by what it has none of.
    plain = not source.isascii() and any(mark in source for mark in _PLAIN_MARKS)
    return plain or (b"&#" in source and any(mark in source for mark in _NAMED_MARKS))


def drawn_in_text(text: str) -> Iterator[Image.Image]:
    """Yield the pictures that consecutive lines of block characters make."""
    if not any(block in text for block in (_UPPER, _LOWER, *_WHOLE)):
        return
    rows: list[list[bool]] = []
    for line in [*text[:MOST_DRAWN].split("\n"), ""]:
        kept = line.rstrip("\r\ufe0f").replace("\ufe0f", "")
        if len(kept) >= LEAST_SIDE and all(c in _BLOCKS for c in kept):
            rows += [[c in _UPPER + _WHOLE for c in kept], [c in _LOWER + _WHOLE for c in kept]]
        elif rows:
            if len(rows) >= LEAST_SIDE:
                yield _drawn(_squared(rows))
            rows = []


def _tables(source: bytes) -> Iterator[Image.Image]:
    dark = frozenset(rule[1].lower() for rule in _RULE.finditer(source) if _DARK.search(rule[2]))
    for table in _TABLE.finditer(source):
        rows = [_cells(row[0], dark) for row in _ROW.finditer(table[1])]
        rows = [row for row in rows if len(row) >= LEAST_SIDE]
        if len(rows) >= LEAST_SIDE:
            yield _drawn(rows)


def _is_dark(attributes: bytes, dark: frozenset[bytes]) -> bool:
    if _DARK.search(attributes):
        return True
    named = _CLASS.search(attributes) if dark else None
    return named is not None and not dark.isdisjoint(named[1].lower().split())


def _cells(row: bytes, dark: frozenset[bytes]) -> list[bool]:
    cells: list[bool] = []
    for cell in _CELL.finditer(row):
        span = _SPAN.search(cell[1])
        cells += [_is_dark(cell[1], dark)] * (int(span[1]) if span else 1)
        if len(cells) > 200:
            break
    return cells


def _squared(rows: list[list[bool]]) -> list[list[bool]]:
    # Full blocks are two half rows high; drawings of full blocks alone take two characters a module.
    width = max(map(len, rows))
    if any(rows[i] != rows[i + 1] for i in range(0, len(rows) - 1, 2)):
        return rows
    # Squares, as among the emoji, are as wide as they are high.
    return [row[::2] for row in rows[::2]] if width > 1.5 * len(rows) / 2 else rows[::2]


def _drawn(rows: Sequence[Sequence[bool]]) -> Image.Image:
    width, quiet, scale = max(map(len, rows)), 4, 4
    picture = Image.new("L", (width + 2 * quiet, len(rows) + 2 * quiet), 255)
    for y, row in enumerate(rows[:200]):
        for x, dark in enumerate(row[:200]):
            if dark:
                picture.putpixel((x + quiet, y + quiet), 0)
    return picture.resize((picture.width * scale, picture.height * scale), Image.Resampling.NEAREST)

"""The reference page of everything that can be found, written from the cards.

``python -m lazaretto.detect.reference`` writes it to ``docs/reference/symbols.md``.
"""

from __future__ import annotations

from pathlib import Path

from lazaretto.core.findings import Symbol
from lazaretto.detect.registry import RUNNER_SYMBOLS, detector_classes

PAGE = Path("docs/reference/symbols.md")
_HEAD = """# Symbols

Everything that looking at a message can find, by detector. A symbol is the stable name of a finding;
rules of a tenant may name it. Findings without a class add their score to spam and phishing alike;
a negative score speaks for a message. This page is written from the detectors' cards by
`python -m lazaretto.detect.reference`.
"""


def symbols_page() -> str:
    """Return the page as Markdown."""
    sections = [_section("The runner", "Says in a detector's place that it could not look", RUNNER_SYMBOLS)]
    for detector in detector_classes():
        card = detector.card
        sections.append(_section(f"`{card.name}`", card.summary, card.symbols))
    return "\n".join([_HEAD, *sections])


def _section(title: str, summary: str, symbols: tuple[Symbol, ...]) -> str:
    rows = "".join(_row(symbol) for symbol in sorted(symbols, key=lambda each: each.name))
    head = "| symbol | class | score | meaning |\n| --- | --- | ---: | --- |\n"
    return f"## {title}\n\n{summary}.\n\n{head}{rows}"


def _row(symbol: Symbol) -> str:
    speaks_for = symbol.verdict.value if symbol.verdict else ""
    return f"| `{symbol.name}` | {speaks_for} | {symbol.score:g} | {symbol.summary} |\n"


if __name__ == "__main__":
    PAGE.write_text(symbols_page(), encoding="utf-8")

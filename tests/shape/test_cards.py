"""Every detector says who it is, and every symbol has one owner and a place in the reference."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

from lazaretto.detect.api import Detector
from lazaretto.detect.reference import PAGE, symbols_page
from lazaretto.detect.registry import RUNNER_SYMBOLS, detector_classes, detectors

ROOT = Path(__file__).resolve().parents[2]
CLASSES = detector_classes()


def card_name(detector: type[Detector]) -> str:
    return detector.card.name


@pytest.mark.parametrize("detector", CLASSES, ids=card_name)
def test_a_card_is_complete(detector: type[Detector]) -> None:
    card = detector.card

    assert re.fullmatch(r"[a-z-]+\.[a-z-]+", card.name)
    assert card.summary[:1].isupper() and not card.summary.endswith(".")
    assert card.symbols
    assert detector.__doc__


@pytest.mark.parametrize("detector", CLASSES, ids=card_name)
def test_symbols_are_named_and_told_as_people_expect(detector: type[Detector]) -> None:
    for symbol in detector.card.symbols:
        assert re.fullmatch(r"[A-Z0-9]+(_[A-Z0-9]+){0,3}", symbol.name), symbol.name
        assert symbol.summary and not symbol.summary.endswith("."), symbol.name


def test_card_names_are_unique() -> None:
    counted = Counter(card_name(detector) for detector in CLASSES)

    assert [name for name, count in counted.items() if count > 1] == []


def test_a_symbol_has_one_owner() -> None:
    counted = Counter(symbol.name for detector in CLASSES for symbol in detector.card.symbols)
    counted.update(symbol.name for symbol in RUNNER_SYMBOLS)

    assert [name for name, count in counted.items() if count > 1] == []


def test_detectors_come_ready_and_in_order() -> None:
    names = [detector.card.name for detector in detectors()]

    assert names == sorted(names)
    assert len(names) == len(CLASSES)


def test_the_reference_page_says_what_the_cards_say() -> None:
    """Run ``python -m lazaretto.detect.reference`` after changing a card, rule or weight."""
    assert (ROOT / PAGE).read_text(encoding="utf-8") == symbols_page()

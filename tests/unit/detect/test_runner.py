"""A detector's failure is never read as clean, and the order of detectors is of no consequence."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import ClassVar

import pytest

from lazaretto.core.cards import DetectorCard, OnFailure, Service
from lazaretto.core.envelope import Client
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Symbol, Verdict, found
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.api import Detector
from lazaretto.detect.registry import detectors
from lazaretto.detect.runner import look_at
from lazaretto.mail.scanner import view_of
from lazaretto.mail.view import MessageView

SEEN = Symbol(name="SEEN", score=1.0)
FACTS = Facts(received_at=datetime(2026, 1, 1, tzinfo=UTC), client=Client(ip="192.0.2.7"))
MESSAGE = view_of(b"From: a@sender.example\r\n\r\nhello\r\n")


class Seeing:
    card: ClassVar = DetectorCard(
        name="test.seeing", summary="Sees", service=Service.ANTISPAM, symbols=(SEEN,)
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        return (found(SEEN, "b"), found(SEEN, "a"))


class Failing:
    card: ClassVar = DetectorCard(
        name="test.failing",
        summary="Fails",
        service=Service.ANTIMALWARE,
        symbols=(),
        on_failure=OnFailure.UNSCANNABLE,
    )

    def __init__(self, failure: type[Exception]) -> None:
        self._failure = failure

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        raise self._failure


class FailingQuietly(Failing):
    card: ClassVar = DetectorCard(name="test.quiet", summary="Fails", service=Service.ANTISPAM, symbols=())


@pytest.mark.parametrize("failure", [ValueError, MemoryError, RecursionError])
def test_a_crash_where_nobody_else_looks_makes_the_message_unscannable(failure: type[Exception]) -> None:
    findings = look_at(MESSAGE, FACTS, None, [Failing(failure), Seeing()])

    assert Verdict.UNSCANNABLE in {finding.verdict for finding in findings}
    assert "SEEN" in {finding.symbol for finding in findings}


def test_a_crash_where_others_look_is_told_without_weight() -> None:
    (finding,) = look_at(MESSAGE, FACTS, None, [FailingQuietly(ValueError)])

    assert (finding.symbol, finding.score, finding.verdict) == ("DETECTOR_FAILED", 0.0, None)
    assert "test.quiet" in finding.evidence


def test_the_order_of_detectors_is_of_no_consequence() -> None:
    one = look_at(MESSAGE, FACTS, None, [Seeing(), Failing(ValueError)])
    other = look_at(MESSAGE, FACTS, None, [Failing(ValueError), Seeing()])

    assert one == other


def test_every_look_is_timed() -> None:
    timings: dict[str, float] = {}

    look_at(MESSAGE, FACTS, None, [Seeing(), Failing(ValueError)], timings)

    assert set(timings) == {"test.seeing", "test.failing"}


@pytest.mark.parametrize("detector", detectors(), ids=lambda each: each.card.name)
def test_nothing_of_a_message_stays_behind(detector: Detector) -> None:
    letter = (
        b"From: Ann <ann@sender.example>\r\nTo: bob@customer.example\r\nSubject: hello\r\n"
        b"MIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n"
        b"--b\r\nContent-Type: text/html\r\n\r\n<a href='http://one.example/x'>here</a>\r\n"
        b"--b\r\nContent-Type: application/pdf; name=a.pdf\r\n\r\n%PDF-1.4\r\n--b--\r\n"
    )
    view = view_of(letter)
    look_at(view, FACTS, None, [detector])
    seen = weakref.ref(view)

    del view
    gc.collect()

    assert seen() is None

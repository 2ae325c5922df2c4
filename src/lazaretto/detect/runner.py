"""Lets every detector look at one message, and says so when one could not.

Detectors do not see one another's findings, so their order is of no consequence; findings come back
ordered by detector name and symbol whatever the order was.  Combiners see everybody's and come last.
"""

from __future__ import annotations

import logging
import time
from collections.abc import Iterable, MutableMapping, Sequence
from typing import TypeGuard

from lazaretto.core.cards import DetectorCard, OnFailure
from lazaretto.core.facts import Facts
from lazaretto.core.findings import COULD_NOT_LOOK, Finding, Symbol, found
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.api import Combiner, Detector
from lazaretto.mail.view import MessageView

log = logging.getLogger(__name__)

DETECTOR_FAILED = Symbol(
    name="DETECTOR_FAILED",
    summary="A detector failed on this message; others looked in its place",
)


def look_at(
    message: MessageView,
    facts: Facts,
    tenant: TenantSnapshot | None,
    detectors: Iterable[Detector],
    timings: MutableMapping[str, float] | None = None,
) -> tuple[Finding, ...]:
    """Return everything that ``detectors`` find in ``message``.

    Never raises for a detector's failure: that is a finding of its own, whose meaning the card
    declares.  Detectors of a service that the tenant did not order do not look.  ``timings`` receives
    the CPU milliseconds of each look, by detector name.
    """
    findings: list[Finding] = []
    # Reading the processor's clock is a system call, and costs more than most looks.
    clock = time.perf_counter if timings is None else time.thread_time
    ended = clock()
    for detector in sorted(detectors, key=_turn):
        if tenant is not None and not tenant.has(detector.card.service):
            continue
        findings += sorted(_look(detector, message, facts, tenant, findings), key=_order)
        started, ended = ended, clock()
        spent = ended - started
        if timings is not None:
            timings[detector.card.name] = spent * 1000
        if spent > detector.card.time_limit.total_seconds():
            log.warning("detector slow", extra={"detector": detector.card.name, "seconds": spent})
    return tuple(findings)


def _look(
    detector: Detector,
    message: MessageView,
    facts: Facts,
    tenant: TenantSnapshot | None,
    before: Sequence[Finding],
) -> Sequence[Finding]:
    try:
        looked = detector.look(message, facts, tenant)
        if _has_last_word(detector):
            return (*looked, *detector.combine(message, facts, before, tenant))
        return looked
    except Exception as failure:
        # Hostile mail is written to crash parsers; exhausted memory and recursion arrive here as
        # well.  A crash must never read as "clean", so the card says what it means.
        log.exception("detector failed", extra={"detector": detector.card.name})
        return (_failure(detector.card, failure),)


def _failure(card: DetectorCard, failure: Exception) -> Finding:
    symbol = COULD_NOT_LOOK if card.on_failure is OnFailure.UNSCANNABLE else DETECTOR_FAILED
    return found(symbol, f"{card.name}: {type(failure).__name__}")


def _turn(detector: Detector) -> tuple[bool, str]:
    return _has_last_word(detector), detector.card.name


def _has_last_word(detector: Detector) -> TypeGuard[Combiner]:
    # Asked of every detector for every message; a protocol's isinstance would cost more than most looks.
    return hasattr(detector, "combine")


def _order(finding: Finding) -> tuple[str, str]:
    return finding.symbol, finding.evidence

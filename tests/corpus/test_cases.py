"""Every mail of ``<family>/<case>.eml`` is found for what its ``<case>.toml`` says it is."""

from __future__ import annotations

import tomllib
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from lazaretto.core.envelope import Client
from lazaretto.core.facts import AuthResult, Dmarc, Facts, Spf
from lazaretto.core.findings import Finding
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import SenderList, TenantSnapshot
from lazaretto.detect.api import Detector
from lazaretto.detect.registry import RUNNER_SYMBOLS, detectors
from lazaretto.detect.runner import look_at
from lazaretto.mail.scanner import view_of

HERE = Path(__file__).parent
CASES = sorted(HERE.glob("*/*.eml"))


@cache
def ready_detectors() -> tuple[Detector, ...]:
    return detectors()


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_case_is_found_for_what_it_is(case: Path) -> None:
    expected = tomllib.loads(case.with_suffix(".toml").read_text(encoding="utf-8"))

    findings = findings_in(case.read_bytes(), expected)
    symbols = {finding.symbol for finding in findings}

    assert set(expected.get("expect", [])) - symbols == set(), expected["why"]
    assert set(expected.get("forbid", [])) & symbols == set(), expected["why"]


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_a_detector_reports_only_symbols_of_its_own(case: Path) -> None:
    expected = tomllib.loads(case.with_suffix(".toml").read_text(encoding="utf-8"))
    for detector in ready_detectors():
        owned = {symbol.name for symbol in detector.card.symbols}

        reported = {finding.symbol for finding in findings_in(case.read_bytes(), expected, (detector,))}

        assert reported <= owned, detector.card.name


@pytest.mark.parametrize("case", CASES, ids=lambda path: f"{path.parent.name}/{path.stem}")
def test_no_detector_fails_on_a_case(case: Path) -> None:
    expected = tomllib.loads(case.with_suffix(".toml").read_text(encoding="utf-8"))

    symbols = {finding.symbol for finding in findings_in(case.read_bytes(), expected)}

    assert symbols & {symbol.name for symbol in RUNNER_SYMBOLS} == set()


def test_every_mail_says_why_it_is_here() -> None:
    for case in CASES:
        assert tomllib.loads(case.with_suffix(".toml").read_text(encoding="utf-8"))["why"], case


def findings_in(
    octets: bytes, expected: dict[str, Any], looking: tuple[Detector, ...] | None = None
) -> tuple[Finding, ...]:
    return look_at(view_of(octets), _facts(expected), _tenant(expected), looking or ready_detectors())


def _facts(expected: dict[str, Any]) -> Facts:
    envelope = expected.get("envelope", {})
    given = expected.get("facts", {})
    return Facts(
        received_at=datetime(2026, 6, 1, 12, tzinfo=UTC),
        client=Client(ip=envelope.get("client", "192.0.2.7")),
        reverse_path=envelope.get("reverse_path", ""),
        recipients=tuple(envelope.get("recipients", ["bob@customer.example"])),
        spf=Spf(result=AuthResult(given.get("spf", "none")), domain=given.get("spf_domain", "")),
        dmarc=Dmarc(result=AuthResult(given.get("dmarc", "none")), domain=given.get("dmarc_domain", "")),
    )


def _tenant(expected: dict[str, Any]) -> TenantSnapshot | None:
    if "tenant" not in expected:
        return None
    given = expected["tenant"]
    return TenantSnapshot(
        tenant=TenantId(1),
        name="acme",
        version=1,
        domains=dict.fromkeys(given.get("domains", ["customer.example"]), ()),
        protected_names=tuple(given.get("protected_names", [])),
        blocked=_senders(given.get("blocked", {})),
        approved=_senders(given.get("approved", {})),
    )


def _senders(given: dict[str, list[str]]) -> SenderList:
    return SenderList(
        addresses=frozenset(given.get("addresses", [])),
        domains=frozenset(given.get("domains", [])),
        networks=tuple(given.get("networks", [])),
    )

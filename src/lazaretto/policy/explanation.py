"""Why a message fared as it did, in words: from what was kept of it, and from judging it again."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from lazaretto.core.impersonators import APPROVALS, Approval
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.core.stored import look_of
from lazaretto.policy.counterfactual import Lever, counterfactuals
from lazaretto.policy.explanation_texts import sentence
from lazaretto.policy.replaying import differences

MOST_FINDINGS: Final = 15
NEAR: Final = 3.0
"""A limit that is farther away than this says nothing to anybody."""

SymbolWords = Callable[[str, str], str]
"""Words for a symbol in a language; empty where there are none."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Explained:
    """What is explained: the details of the SCANNED event, and the configuration of that time."""

    details: Mapping[str, Any]
    snapshot: TenantSnapshot | None
    """None when that version is not known any more."""


def explanation(
    about: Explained, language: str, symbol_words: SymbolWords, *, shows_evidence: bool = True
) -> Iterator[str]:
    """Yield the lines of the explanation; without evidence it says nothing that the message says."""
    details = dict(about.details)
    verdict = sentence(language, str(details.get("verdict", "clean")))
    yield sentence(language, "verdict", verdict=verdict, score=f"{details.get('score') or 0.0:.1f}")
    for copy in details.get("copies", ()):
        if not copy.get("additional"):
            yield from _copy(copy, language)
    yield from _approvals(details, language)
    yield from _findings(details, language, symbol_words, shows_evidence)
    if about.snapshot is not None:
        yield from _imagined(details, about.snapshot, language)
    for trial in details.get("shadow", ()):
        yield sentence(language, "shadow", fate=sentence(language, trial["disposition"]))
    yield from _circumstances(details, about.snapshot, language)


def _copy(copy: Mapping[str, Any], language: str) -> Iterator[str]:
    fate = sentence(language, str(copy.get("disposition", "deliver")))
    was_softened = copy.get("judged") == "reject" and copy.get("disposition") != "reject"
    for recipient in copy.get("recipients", ()):
        yield sentence(language, "fate after" if was_softened else "fate", recipient=recipient, fate=fate)
    for setting in copy.get("settings", ()):
        yield "  " + sentence(language, "setting", setting=setting.get("setting", ""))


def _approvals(details: Mapping[str, Any], language: str) -> Iterator[str]:
    for each in details.get("findings", ()):
        told = Approval.of(str(each.get("evidence", ""))) if each.get("symbol") in APPROVALS else None
        if told is not None:
            method = f"impersonation.{told.method}"
            yield sentence(language, "approved for", method=method, entry=told.entry)


def _findings(
    details: Mapping[str, Any], language: str, symbol_words: SymbolWords, shows_evidence: bool
) -> Iterator[str]:
    findings = sorted(details.get("findings", ()), key=lambda each: -abs(each.get("score") or 0.0))
    if not findings:
        return
    yield sentence(language, "findings")
    for each in findings[:MOST_FINDINGS]:
        symbol, score = str(each.get("symbol")), float(each.get("score") or 0.0)
        side = "finding neutral" if score == 0 else "finding against" if score > 0 else "finding for"
        words = symbol_words(symbol, language)
        evidence = f" [{each['evidence']}]" if shows_evidence and each.get("evidence") else ""
        yield f"  {score:+6.2f}  {symbol}: {words or sentence(language, side)}{evidence}"


def _imagined(details: dict[str, Any], snapshot: TenantSnapshot, language: str) -> Iterator[str]:
    look = look_of(details)
    told: set[str] = set()
    for recipient in [one for copy in look.copies for one in copy.recipients]:
        for each in counterfactuals(look, snapshot, recipient):
            if each.lever in (Lever.BELOW_LIMIT, Lever.ABOVE_LIMIT) and each.margin > NEAR:
                continue
            what = each.what
            if each.lever in (Lever.BELOW_LIMIT, Lever.ABOVE_LIMIT):
                what = sentence(language, each.what)
            fate = "" if each.disposition is None else sentence(language, each.disposition.word)
            line = sentence(language, each.lever.value, what=what, fate=fate, margin=f"{each.margin:.1f}")
            if line not in told:
                told.add(line)
                yield line
    yield sentence(language, "again otherwise" if differences(look, snapshot) else "again")


def _circumstances(
    details: Mapping[str, Any], snapshot: TenantSnapshot | None, language: str
) -> Iterator[str]:
    versions = details.get("versions") or {}
    tenant = snapshot.name if snapshot is not None else "?"
    rules = ", ".join(f"{name} {value}" for name, value in versions.items() if not name.startswith("tenant"))
    yield sentence(language, "versions", version=details.get("version") or "?", tenant=tenant, rules=rules)
    timings = ", ".join(f"{name} {value} ms" for name, value in (details.get("timings") or {}).items())
    if timings:
        yield sentence(language, "timings", timings=timings)

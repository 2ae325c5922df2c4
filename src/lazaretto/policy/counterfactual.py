"""What would have had to be different: without an approval, without a finding, at another limit.

Each answer is found by judging again, never by guessing, so it is true by construction.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Final

from lazaretto.core.decision import Decision, Disposition
from lazaretto.core.findings import Finding
from lazaretto.core.snapshot import DEFAULT_THRESHOLDS, TenantSnapshot
from lazaretto.core.stored import StoredLook
from lazaretto.policy.precedence import USERS_APPROVALS
from lazaretto.policy.replaying import decisions_again
from lazaretto.policy.verdicts import sums_of

MOST_TRIED: Final = 60
"""Findings that are tried one by one; a message has rarely more than thirty."""


class Lever(Enum):
    """What is imagined to be different."""

    WITHOUT_APPROVAL = "without approval"
    WITHOUT_FINDING = "without finding"
    BELOW_LIMIT = "below limit"
    ABOVE_LIMIT = "above limit"


@dataclass(frozen=True, slots=True, kw_only=True)
class Counterfactual:
    """One thing that is different, and what follows from it."""

    lever: Lever
    what: str
    """The entry, the symbol, or the class of the limit."""
    disposition: Disposition | None = None
    """What would have become of the copy; None for distances, which change nothing by themselves."""
    margin: float = 0.0
    """How far the score is from the limit; never negative."""


def counterfactuals(look: StoredLook, snapshot: TenantSnapshot, recipient: str) -> Iterator[Counterfactual]:
    """Yield what would have changed the fate of the copy for ``recipient``, and how near the limits were."""
    findings = [each.finding() for each in look.findings]
    actual = decisions_again(look, snapshot, findings).get(recipient)
    if actual is None:
        return
    yield from _approvals(look, snapshot, recipient, findings, actual)
    yield from _single_findings(look, snapshot, recipient, findings, actual)
    yield from _margins(findings, _thresholds(snapshot, recipient))


def _approvals(
    look: StoredLook,
    snapshot: TenantSnapshot,
    recipient: str,
    findings: Sequence[Finding],
    actual: Decision,
) -> Iterator[Counterfactual]:
    approvals = [each for each in findings if each.symbol in snapshot.approvals | USERS_APPROVALS]
    if not approvals:
        return
    without = decisions_again(look, snapshot, [each for each in findings if each not in approvals])[recipient]
    if _outcome(without) != _outcome(actual):
        entries = ", ".join(sorted({each.evidence for each in approvals}))
        yield Counterfactual(lever=Lever.WITHOUT_APPROVAL, what=entries, disposition=without.disposition)


def _single_findings(
    look: StoredLook,
    snapshot: TenantSnapshot,
    recipient: str,
    findings: Sequence[Finding],
    actual: Decision,
) -> Iterator[Counterfactual]:
    ranked = sorted(findings, key=lambda each: -abs(each.score))[:MOST_TRIED]
    approvals = snapshot.approvals | USERS_APPROVALS
    for symbol in dict.fromkeys(each.symbol for each in ranked if each.symbol not in approvals):
        rest = [each for each in findings if each.symbol != symbol]
        without = decisions_again(look, snapshot, rest)[recipient]
        if without.disposition is not actual.disposition:
            yield Counterfactual(lever=Lever.WITHOUT_FINDING, what=symbol, disposition=without.disposition)


def _margins(findings: Sequence[Finding], thresholds: Mapping[str, float]) -> Iterator[Counterfactual]:
    for name, total in sums_of(findings).items():
        limit = thresholds.get(name, DEFAULT_THRESHOLDS[name])
        lever = Lever.ABOVE_LIMIT if total >= limit else Lever.BELOW_LIMIT
        yield Counterfactual(lever=lever, what=name, margin=round(abs(total - limit), 4))


def _thresholds(snapshot: TenantSnapshot, recipient: str) -> Mapping[str, float]:
    policy = snapshot.policy_of(recipient)
    return snapshot.thresholds if policy is None else policy.thresholds


def _outcome(decision: Decision) -> tuple[object, ...]:
    return decision.disposition, decision.orders

"""From findings to decisions: which rules apply, and what becomes of each recipient's copy.

The order is that of the service description.  Malware comes first and is final.  An administrator's
block comes before an approval, and an approval switches the antispam methods off, nothing else.
Among the rest the most severe disposition wins, whatever their order; tags and other changes of all
rules add up on copies that are delivered or redirected.

Pure: reads no clock, no database and no setting beyond the snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from lazaretto.core.decision import ActionOrder, Decision, Disposition, Reason
from lazaretto.core.envelope import Direction
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.snapshot import AddressRegistration, Condition, Rule, TenantSnapshot
from lazaretto.policy.rulebook import book_of
from lazaretto.policy.speaking import Evidence, Speaking, names_of

APPROVALS: Final = frozenset({"SENDER_APPROVED_ADDRESS", "SENDER_APPROVED_IP"})
"""Findings that the sender is on the tenant's list of approved senders, and proved to be the sender."""

NOT_DELIVERED: Final = Rule(
    name="malware",
    setting="malware is never delivered",
    when=Condition(verdicts=frozenset({Verdict.MALWARE})),
    disposition=Disposition.QUARANTINE,
    quarantine_reason="malware",
)
"""Speaks about malware besides every tenant's rules, in both directions."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """What one tenant's snapshot makes of a message."""

    verdict: Verdict
    score: float
    """Higher is worse, for every verdict alike."""
    decisions: tuple[Decision, ...]
    """Every recipient is in exactly one of them; in the order of their first recipients."""
    direction: Direction = Direction.INBOUND


def judge(
    findings: Sequence[Finding],
    facts: Facts,
    snapshot: TenantSnapshot,
    recipients: Sequence[str],
    direction: Direction,
) -> Judged:
    """Return verdict, score and the decisions for ``recipients``; repeated ones count once.

    The order of findings makes no difference.
    """
    evidence = Evidence(findings, snapshot.thresholds, direction)
    classes = evidence.classes
    candidates = book_of(snapshot.rules).candidates(evidence.names, evidence.reached)
    heard = [spoken for rule in candidates if (spoken := evidence.heard(rule)) is not None]
    if Verdict.MALWARE in classes.reached:
        applying, waiver = _about_malware(heard, evidence), None
    else:
        applying, waiver = _waive(heard, findings)
    registered = snapshot.address_registration is not AddressRegistration.OFF
    decisions = tuple(
        _decision(members, group, waiver, registered) for group, members in _groups(applying, recipients)
    )
    return Judged(verdict=classes.verdict, score=classes.score, decisions=decisions, direction=direction)


def _about_malware(heard: Iterable[Speaking], evidence: Evidence) -> list[Speaking]:
    final = [spoken for spoken in heard if Verdict.MALWARE in spoken.rule.when.verdicts]
    # A rule that speaks of malware in order to tag it does not make it deliverable.  Without it the
    # tenant's own choice stands alone, delete as well as quarantine.
    if not any(_stops_everybody(spoken.rule) for spoken in final):
        last = evidence.heard(NOT_DELIVERED)
        assert last is not None
        final.append(last)
    return final


def _stops_everybody(rule: Rule) -> bool:
    return rule.disposition >= Disposition.QUARANTINE and not rule.when.recipients


def _waive(heard: Iterable[Speaking], findings: Iterable[Finding]) -> tuple[list[Speaking], Reason | None]:
    """Return the rules that an approval leaves, and the approval if it took any away."""
    approvals = sorted({finding.symbol for finding in findings if finding.symbol in APPROVALS})
    if not approvals:
        return list(heard), None
    left: list[Speaking] = []
    waived: list[Speaking] = []
    for spoken in heard:
        (waived if spoken.rule.approval_waives else left).append(spoken)
    if not waived:
        return left, None
    entries = sorted({finding.evidence for finding in findings if finding.symbol in APPROVALS})
    reason = Reason(
        rule="approved sender",
        disposition=Disposition.DELIVER,
        symbols=tuple(approvals),
        setting=f"approved_senders = {', '.join(filter(None, entries))}; "
        f"without it: {max(waived, key=_rank).rule.setting}",
    )
    return left, reason


Group = tuple[Speaking, ...]


def _groups(applying: Sequence[Speaking], recipients: Sequence[str]) -> list[tuple[Group, tuple[str, ...]]]:
    """Return the recipients by the rules that speak about them."""
    everybody = dict.fromkeys(recipients)
    if not any(spoken.rule.when.recipients for spoken in applying):
        return [(tuple(applying), tuple(everybody))] if everybody else []
    groups: dict[tuple[int, ...], list[str]] = {}
    for recipient in everybody:
        names = names_of(recipient)
        numbers = tuple(n for n, spoken in enumerate(applying) if spoken.concerns(names))
        groups.setdefault(numbers, []).append(recipient)
    return [(tuple(applying[n] for n in numbers), tuple(members)) for numbers, members in groups.items()]


def _decision(recipients: tuple[str, ...], group: Group, waiver: Reason | None, registered: bool) -> Decision:
    reasons = [_reason(spoken, registered) for spoken in group]
    order = sorted(range(len(group)), key=lambda n: -reasons[n].disposition)
    told = tuple(reasons[n] for n in order) + ((waiver,) if waiver else ())
    if not order:
        return Decision(recipients=recipients, disposition=Disposition.DELIVER, reasons=told)
    deciding, disposition = group[order[0]].rule, reasons[order[0]].disposition
    # Of several that reject, none may keep what another one wants thrown away, nor the reverse by
    # the order of rules: the more severe wish wins.
    equals = [group[n].rule for n in order if reasons[n].disposition is disposition]
    return Decision(
        recipients=recipients,
        disposition=disposition,
        orders=_orders(group, reasons, disposition),
        reasons=told,
        quarantine_reason=_quarantine_reason(deciding, disposition),
        reply_text=next(filter(None, (rule.reply_text for rule in equals)), "")
        if disposition is Disposition.REJECT
        else "",
        after_acceptance=max(rule.after_acceptance for rule in equals),
    )


def _reason(spoken: Speaking, registered: bool) -> Reason:
    rule = spoken.rule
    disposition, setting = rule.disposition, rule.setting
    if disposition is Disposition.QUARANTINE and rule.needs_registration and not registered:
        disposition, setting = Disposition.DELIVER, f"{setting} (no quarantine: address_registration = off)"
    return Reason(rule=rule.name, disposition=disposition, symbols=spoken.symbols, setting=setting)


def _orders(group: Group, reasons: Sequence[Reason], disposition: Disposition) -> tuple[ActionOrder, ...]:
    if disposition not in (Disposition.DELIVER, Disposition.REDIRECT):
        return ()
    orders: list[ActionOrder] = []
    for spoken in group:
        orders += [order for order in spoken.rule.orders if order not in orders]
    return tuple(orders)


def _quarantine_reason(deciding: Rule, disposition: Disposition) -> str:
    if disposition is Disposition.REJECT:
        return "refused"
    return deciding.quarantine_reason if disposition is Disposition.QUARANTINE else ""


def _rank(spoken: Speaking) -> tuple[int, str]:
    return spoken.rule.disposition, spoken.rule.setting

"""From findings to decisions: which rules apply, and what becomes of each recipient's copy.

The order is that of the service description.  Malware comes first and is final.  An administrator's
block comes before an approval, and an approval switches the antispam methods off, nothing else.
Among the rest the most severe disposition wins, whatever their order; tags and other changes of all
rules add up on copies that are delivered or redirected.

Pure: reads no clock, no database and no setting beyond the snapshot.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Final

from lazaretto.core.address import fold
from lazaretto.core.decision import ALWAYS_CARRIED_OUT, ActionOrder, Decision, Disposition, Reason
from lazaretto.core.end_users import CERTAIN_PHISHING
from lazaretto.core.envelope import Direction
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.snapshot import (
    ALL_APPROVALS,
    DEFAULT_THRESHOLDS,
    AddressRegistration,
    Condition,
    Policy,
    Rule,
    TenantSnapshot,
)
from lazaretto.policy.precedence import (
    ADMINISTRATORS_BLOCKS,
    USERS_APPROVALS,
    USERS_BLOCKS,
    Standing,
    standing_of,
    waived,
)
from lazaretto.policy.rulebook import book_of
from lazaretto.policy.speaking import Evidence, Speaking, names_of
from lazaretto.policy.verdicts import classes_of

APPROVALS: Final = ALL_APPROVALS

CERTAIN_AT: Final = 2.0
"""How many times the limit makes phishing certain, as far as releasing it goes."""

REPORT: Final = "report"
"""The quarantine reason of what people send to an address for reports; it rests until it is read."""

_GUARDED: Final = ("malware", "suspected", "phishing", "impersonation", "policy", "unscannable")
"""Quarantine reasons, those first whose mail must not come out easily."""

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
    findings: tuple[Finding, ...] = field(default=(), compare=False)
    """What verdict and score were made of, but for what is one recipient's affair; in no order."""


def judge(
    findings: Sequence[Finding],
    facts: Facts,
    snapshot: TenantSnapshot,
    recipients: Sequence[str],
    direction: Direction,
) -> Judged:
    """Return verdict, score and the decisions for ``recipients``; repeated ones count once.

    The order of findings makes no difference.  What is sent to an address for reports rests there
    whatever it is: reports hold what nobody wants.
    """
    reports = tuple(dict.fromkeys(each for each in recipients if snapshot.takes_reports_at(fold(each))))
    if reports:
        others = [each for each in recipients if each not in reports]
        judged = judge(findings, facts, snapshot, others, direction)
        kept = Decision(recipients=reports, disposition=Disposition.QUARANTINE, quarantine_reason=REPORT)
        decided = tuple(each for each in judged.decisions if each.recipients)
        return replace(judged, decisions=(*decided, kept))
    parties = list(_parties(findings, facts, snapshot, recipients, direction))
    heard = [_Hearing(party, direction, facts.received_at.date()) for party in parties]
    registered = snapshot.address_registration is not AddressRegistration.OFF
    worst = max(
        (each.evidence.classes for each in heard), key=lambda each: (each.verdict.severity, each.score)
    )
    decisions = [
        _at_rest(_decision(members, group, each.waiver, registered), each, snapshot)
        for each in heard
        for group, members in _groups(each.applying, each.party.recipients)
    ]
    if len(parties) > 1:
        order = {recipient: number for number, recipient in enumerate(recipients)}
        decisions.sort(key=lambda decision: order[decision.recipients[0]])
    return Judged(
        verdict=worst.verdict,
        score=worst.score,
        decisions=tuple(decisions),
        direction=direction,
        findings=tuple(finding for finding in findings if not finding.recipient),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Party:
    """Recipients for whom the same policy and the same findings count."""

    policy: Policy
    findings: Sequence[Finding]
    recipients: tuple[str, ...]


def _parties(
    findings: Sequence[Finding],
    facts: Facts,
    snapshot: TenantSnapshot,
    recipients: Sequence[str],
    direction: Direction,
) -> Iterator[_Party]:
    """Yield at least one party; every recipient is in exactly one."""
    own = Policy(rules=snapshot.rules, thresholds=snapshot.thresholds, approvals=snapshot.approvals)
    personal = [finding for finding in findings if finding.recipient]
    if direction is Direction.OUTBOUND:
        # What the tenant sends goes by the settings of the one who sends it.
        policy = snapshot.policy_of(facts.reverse_path) or own
        yield _Party(policy=policy, findings=findings, recipients=tuple(dict.fromkeys(recipients)))
        return
    if not snapshot.levels and not personal:
        yield _Party(policy=own, findings=findings, recipients=tuple(dict.fromkeys(recipients)))
        return
    general = [finding for finding in findings if not finding.recipient]
    parties: dict[tuple[int, str], tuple[Policy, list[str]]] = {}
    concerned = {finding.recipient for finding in personal}
    for recipient in dict.fromkeys(recipients):
        policy = snapshot.policy_of(recipient) or own
        mailbox = snapshot.mailbox_of(recipient)
        key = (id(policy), mailbox if mailbox in concerned else "")
        parties.setdefault(key, (policy, []))[1].append(recipient)
    if not parties:
        yield _Party(policy=own, findings=general, recipients=())
    for (_, mailbox), (policy, members) in parties.items():
        about = [finding for finding in personal if finding.recipient == mailbox] if mailbox else []
        yield _Party(policy=policy, findings=[*general, *about], recipients=tuple(members))


class _Hearing:
    """The rules that apply to one party."""

    def __init__(self, party: _Party, direction: Direction, day: date) -> None:
        self.party = party
        self.evidence = evidence = Evidence(party.findings, party.policy.thresholds, direction)
        candidates = book_of(party.policy.rules).candidates(evidence.names, evidence.reached)
        heard = [
            spoken
            for rule in candidates
            if (rule.begins is None or rule.begins <= day) and (spoken := evidence.heard(rule)) is not None
        ]
        self.applying: list[Speaking]
        self.waiver: Reason | None = None
        if Verdict.MALWARE in evidence.classes.reached:
            self.applying = _about_malware(heard, evidence)
        else:
            self.applying, self.waiver = _waive(heard, party, evidence)

    def is_certain_phishing(self) -> bool:
        """Tell whether it reaches the limit of phishing with half of its score."""
        thresholds = {**DEFAULT_THRESHOLDS, **self.party.policy.thresholds}
        doubled = {name: limit * CERTAIN_AT for name, limit in thresholds.items()}
        return Verdict.PHISHING in classes_of(self.party.findings, doubled).reached


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


def _waive(
    heard: Sequence[Speaking], party: _Party, evidence: Evidence
) -> tuple[list[Speaking], Reason | None]:
    """Return the rules that blocks and approvals leave, and the approval if it took any away."""
    approvals = evidence.names & (party.policy.approvals | USERS_APPROVALS)
    blocks = evidence.names & (ADMINISTRATORS_BLOCKS | USERS_BLOCKS)
    if not approvals and not blocks:
        return list(heard), None
    present = {standing_of(spoken.rule) for spoken in heard if _acts(spoken.rule)}
    if approvals & party.policy.approvals:
        present.add(Standing.ADMINISTRATORS_APPROVAL)
    if approvals & USERS_APPROVALS:
        present.add(Standing.USERS_APPROVAL)
    without = waived(present, is_phishing=Verdict.PHISHING in evidence.classes.reached)
    left: list[Speaking] = []
    taken: list[Speaking] = []
    for spoken in heard:
        (taken if standing_of(spoken.rule) in without else left).append(spoken)
    if not taken or not approvals:
        return left, None
    by_user = Standing.ADMINISTRATORS_APPROVAL not in present
    counting = approvals & (USERS_APPROVALS if by_user else party.policy.approvals)
    entries = sorted({finding.evidence for finding in party.findings if finding.symbol in counting})
    name = "own approved senders" if by_user else "approved_senders"
    reason = Reason(
        rule="approved sender",
        disposition=Disposition.DELIVER,
        symbols=tuple(sorted(counting)),
        setting=f"{name} = {', '.join(filter(None, entries))}; "
        f"without it: {max(taken, key=_rank).rule.setting}",
    )
    return left, reason


def _acts(rule: Rule) -> bool:
    """Tell whether ``rule`` wants anything: a block that is only logged overrides nothing."""
    return rule.disposition is not Disposition.DELIVER or bool(rule.orders)


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
    told = tuple(reasons[n] for n in order if not group[n].rule.is_quiet) + ((waiver,) if waiver else ())
    if not order:
        return Decision(recipients=recipients, disposition=Disposition.DELIVER, reasons=told)
    disposition = reasons[order[0]].disposition
    # Of several that reject, none may keep what another one wants thrown away, nor the reverse by
    # the order of rules: the more severe wish wins.
    equals = [group[n].rule for n in order if reasons[n].disposition is disposition]
    speaking = next((rule for rule in equals if rule.reply_text), None)
    refused = speaking if disposition is Disposition.REJECT else None
    return Decision(
        recipients=recipients,
        disposition=disposition,
        orders=_orders(group, reasons, disposition),
        reasons=told,
        quarantine_reason=_quarantine_reason(equals, disposition),
        reply_text=refused.reply_text if refused else "",
        reply_status=refused.reply_status if refused else "",
        after_acceptance=max(rule.after_acceptance for rule in equals),
    )


def _reason(spoken: Speaking, registered: bool) -> Reason:
    rule = spoken.rule
    disposition, setting = rule.disposition, rule.setting
    if disposition is Disposition.QUARANTINE and rule.needs_registration and not registered:
        disposition, setting = Disposition.DELIVER, f"{setting} (no quarantine: address_registration = off)"
    return Reason(rule=rule.name, disposition=disposition, symbols=spoken.symbols, setting=setting)


def _orders(group: Group, reasons: Sequence[Reason], disposition: Disposition) -> tuple[ActionOrder, ...]:
    goes_out = disposition in (Disposition.DELIVER, Disposition.REDIRECT)
    orders: list[ActionOrder] = []
    for spoken in group:
        for order in spoken.rule.orders:
            if order not in orders and (goes_out or order.action in ALWAYS_CARRIED_OUT):
                orders.append(order)
    return tuple(orders)


def _quarantine_reason(equals: Sequence[Rule], disposition: Disposition) -> str:
    """Return for what a copy is caught: of several reasons the one that people are kept from the most."""
    if disposition is Disposition.REJECT:
        return "refused"
    if disposition is not Disposition.QUARANTINE:
        return ""
    reasons = [rule.quarantine_reason for rule in equals]
    return min(reasons, key=lambda each: _GUARDED.index(each) if each in _GUARDED else len(_GUARDED))


def _at_rest(decision: Decision, heard: _Hearing, snapshot: TenantSnapshot) -> Decision:
    """Return ``decision`` with how certain phishing is, and how long a quarantined copy is kept."""
    if decision.disposition not in (Disposition.QUARANTINE, Disposition.REJECT):
        return decision
    reason = decision.quarantine_reason
    if reason == Verdict.PHISHING.value and heard.is_certain_phishing():
        reason = CERTAIN_PHISHING
    keep_days = snapshot.keep_days.get(reason, 0)
    if reason == decision.quarantine_reason and not keep_days:
        return decision
    return replace(decision, quarantine_reason=reason, keep_days=keep_days)


def _rank(spoken: Speaking) -> tuple[int, str]:
    return spoken.rule.disposition, spoken.rule.setting

"""What becomes of a message once it is known what was found: decisions, copies, notices, and what is told.

Apart from the look itself, as who asks for a look must be able to decide where nobody could look, and needs
nothing of the detectors for that.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final

from lazaretto.actions.carrying_out import Changes, changes
from lazaretto.core.decision import Copy, Decision, Disposition, Judgement, Look, Notice, Summary
from lazaretto.core.envelope import Leg
from lazaretto.core.facts import AuthResult, Facts, Gathered
from lazaretto.core.findings import Finding, Symbol, Verdict, found
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.core.submission import Submission
from lazaretto.detect.authentication.results_header import authentication_results
from lazaretto.detect.reputation.sender_lists import relisted
from lazaretto.mail.view import MessageView
from lazaretto.pipeline.failed_rules import failure_notices
from lazaretto.pipeline.noticing import audience_of, may_answer
from lazaretto.pipeline.summarising import facts_for_trace, summary_of
from lazaretto.policy.judging import Judged, judge
from lazaretto.policy.verdicts import sums_of

SCANNER_FAILED: Final = Symbol(
    name="SCANNER_FAILED",
    summary="The scan worker crashed or ran out of time or memory, twice, on this message",
    verdict=Verdict.UNSCANNABLE,
)
_REFERENCE_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


def unscannable(
    submission: Submission, gathered: Gathered, snapshots: Mapping[TenantId, TenantSnapshot], why: str
) -> Judgement:
    """Return the judgement of a message that nobody can look at; ``why`` is told as its finding."""
    facts = Facts(
        received_at=gathered.received_at,
        client=gathered.client,
        reverse_path=submission.envelope.reverse_path,
        spf=gathered.spf,
    )
    finding = found(SCANNER_FAILED, why)
    looks = {leg.tenant: (finding,) for leg in submission.legs}
    return decide(submission.legs, looks, facts, snapshots, Changer(None, facts, ""))


class Changer:
    """Computes the changes of each copy of one message."""

    def __init__(self, view: MessageView | None, facts: Facts, authserv_id: str) -> None:
        """Without a ``view`` nothing can be spliced; redirects and copies still apply."""
        self.view = view
        self._facts = facts
        self._authserv_id = authserv_id
        self._results = authentication_results(facts, authserv_id, view.line_end) if view else b""

    def changes(self, decision: Decision, judged: Judged, snapshot: TenantSnapshot) -> Changes:
        """Return what ``decision`` orders."""
        return changes(
            self.view,
            decision,
            judged,
            self._facts,
            snapshot,
            authserv_id=self._authserv_id,
            results=self._results,
        )


def decide(
    legs: Sequence[Leg],
    looks: Mapping[TenantId, Sequence[Finding]],
    facts: Facts,
    snapshots: Mapping[TenantId, TenantSnapshot],
    changer: Changer,
) -> Judgement:
    """Return what becomes of the message, by what was found for each tenant."""
    copies: list[Copy] = []
    judged: list[Judged] = []
    told: dict[int, Look] = {}
    notices: list[Notice] = []
    automatic = not may_answer(changer.view)
    for leg in legs:
        snapshot = snapshots.get(leg.tenant)
        if snapshot is None:
            # Its tenant was removed since RCPT: nobody is left who could say what may happen to it.
            continue
        recipients = tuple(recipient.address for recipient in leg.recipients)
        one = judge(looks[leg.tenant], facts, snapshot, recipients, leg.direction)
        judged.append(one)
        tried = _on_trial(leg, looks[leg.tenant], facts, snapshot, one, changer.view)
        told[leg.tenant] = _look(told.get(leg.tenant), one, looks[leg.tenant], snapshot, tried)
        notices += failure_notices(looks[leg.tenant], one.decisions, snapshot)
        for decision in one.decisions:
            made = changer.changes(decision, one, snapshot)
            copies.extend(_copies(leg, decision, made))
            trusted = _is_return_path_trusted(facts, one)
            notices += _notices(leg, decision, made, snapshot, facts, trusted and not automatic)
    worst = max(judged, key=lambda each: (each.verdict.severity, each.score), default=None)
    findings = {(each.symbol, each.evidence): each for look in looks.values() for each in look}
    return Judgement(
        verdict=worst.verdict if worst else Verdict.UNSCANNABLE,
        score=worst.score if worst else 0.0,
        findings=tuple(findings.values()),
        copies=tuple(copies),
        notices=tuple(notices),
        looks=told,
        summary=summary_of(changer.view) if changer.view else Summary(),
        facts=facts_for_trace(facts, changer.view),
        return_path_trusted=_is_return_path_trusted(facts, worst),
        reference=_reference(copies),
    )


def _look(
    other: Look | None,
    judged: Judged,
    findings: Sequence[Finding],
    snapshot: TenantSnapshot,
    tried: tuple[Decision, ...],
) -> Look:
    """Return what the tenant is told; ``other`` is what its other leg of the message came to."""
    look = Look(
        verdict=judged.verdict,
        score=judged.score,
        findings=tuple(findings),
        sums=sums_of(findings),
        tenant=snapshot.name,
        version=snapshot.version,
        shadow=tried,
    )
    if other is None:
        return look
    worse = max(other, look, key=lambda each: (each.verdict.severity, each.score))
    return replace(worse, shadow=(*other.shadow, *tried))


def _on_trial(
    leg: Leg,
    findings: Sequence[Finding],
    facts: Facts,
    snapshot: TenantSnapshot,
    judged: Judged,
    view: MessageView | None,
) -> tuple[Decision, ...]:
    """Return the decisions that everything which is only on trial would change."""
    trial = snapshot.shadow
    if trial is None:
        return ()
    if view is not None and (trial.approved != snapshot.approved or trial.blocked != snapshot.blocked):
        findings = relisted(findings, view, facts, trial)
    recipients = tuple(recipient.address for recipient in leg.recipients)
    tried = judge(findings, facts, trial, recipients, leg.direction)
    actual = {one: decision for decision in judged.decisions for one in decision.recipients}
    return tuple(
        decision
        for decision in tried.decisions
        if any(_outcome(actual[one]) != _outcome(decision) for one in decision.recipients)
    )


def _outcome(decision: Decision) -> tuple[object, ...]:
    return decision.disposition, decision.orders, decision.quarantine_reason


def _notices(
    leg: Leg,
    decision: Decision,
    made: Changes,
    snapshot: TenantSnapshot,
    facts: Facts,
    may_tell_sender: bool,
) -> Iterator[Notice]:
    for order in made.notices:
        to = audience_of(
            order.audience,
            snapshot,
            leg.direction,
            decision.recipients,
            facts.reverse_path,
            may_tell_sender=may_tell_sender,
        )
        if to:
            yield Notice(
                tenant=leg.tenant,
                audience=order.audience,
                rule=order.rule,
                to=to,
                about=decision.recipients,
                disposition=decision.disposition.word,
                language=snapshot.language,
            )


def _copies(leg: Leg, decision: Decision, made: Changes) -> list[Copy]:
    own = Copy(
        tenant=leg.tenant,
        direction=leg.direction,
        decision=decision,
        deliver_to=made.deliver_to,
        splices=made.splices,
        differences=made.differences,
    )
    return [own, *(_additional(leg, decision, made, address) for address in made.copies_to)]


def _additional(leg: Leg, decision: Decision, made: Changes, address: str) -> Copy:
    return Copy(
        tenant=leg.tenant,
        direction=leg.direction,
        decision=Decision(recipients=(address,), disposition=Disposition.DELIVER, reasons=decision.reasons),
        splices=made.splices,
        additional=True,
    )


def _is_return_path_trusted(facts: Facts, judged: Judged | None) -> bool:
    # A DSN to a forged address is backscatter: somebody must vouch for it, or nobody could have and
    # the message is clean.
    if not facts.reverse_path:
        return False
    if facts.spf.result is AuthResult.PASS or "dkim" in facts.dmarc.aligned_by:
        return True
    unpublished = facts.spf.result is AuthResult.NONE
    return unpublished and judged is not None and judged.verdict is Verdict.CLEAN


def _reference(copies: Sequence[Copy]) -> str:
    if any(copy.decision.disposition is Disposition.REJECT for copy in copies):
        return "".join(secrets.choice(_REFERENCE_ALPHABET) for _ in range(8))
    return ""

"""Look, judge, change: what becomes of one message, as a function of octets, facts and snapshots.

Runs inside a scan worker; reads no network, no database and no clock but the CPU's.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from lazaretto.actions.carrying_out import Changes, changes
from lazaretto.core.decision import Copy, Decision, Disposition, Judgement, Look, Notice, Summary
from lazaretto.core.envelope import Leg
from lazaretto.core.facts import AuthResult, Facts, Gathered
from lazaretto.core.findings import Finding, Symbol, Verdict, found
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.core.submission import Submission
from lazaretto.detect.api import Detector
from lazaretto.detect.authentication.evaluating import authenticate
from lazaretto.detect.authentication.results_header import authentication_results
from lazaretto.detect.malware.allowing import spared
from lazaretto.detect.malware.seen_mail import seen_mail
from lazaretto.detect.malware.traits import digests_of, traits_of
from lazaretto.detect.origins import Origins
from lazaretto.detect.registry import service_of
from lazaretto.detect.reputation.digests import signatures_of
from lazaretto.detect.reputation.sender_lists import relisted
from lazaretto.detect.reputation.signatures import TRAP_ADDRESS
from lazaretto.detect.runner import look_at
from lazaretto.mail.octets import Octets
from lazaretto.mail.scanner import view_of
from lazaretto.mail.view import MessageView
from lazaretto.pipeline.noticing import audience_of, may_answer
from lazaretto.pipeline.summarising import facts_for_trace, files_for_trace, origin_for_trace, summary_of
from lazaretto.pipeline.tls_reports import tls_reports_in
from lazaretto.pipeline.wire import LookRequest
from lazaretto.policy.judging import Judged, judge
from lazaretto.policy.late import after_acceptance
from lazaretto.policy.verdicts import sums_of

SCANNER_FAILED: Final = Symbol(
    name="SCANNER_FAILED",
    summary="The scan worker crashed or ran out of time or memory, twice, on this message",
    verdict=Verdict.UNSCANNABLE,
)
_STAGES: Final = ("authenticate", "look", "judge")
_REFERENCE_ALPHABET: Final = "23456789ABCDEFGHJKLMNPQRSTUVWXYZ"


class Inspector:
    """Looks with one set of detectors and judges by each tenant's snapshot."""

    def __init__(
        self,
        detectors: Sequence[Detector],
        versions: Mapping[str, str],
        authserv_id: str,
        *,
        origins: Origins | None = None,
        digests: bool = False,
    ) -> None:
        """``authserv_id`` is our name in Authentication-Results (RFC 8601 §2.5).

        With ``digests`` judgements tell the signatures of their messages, for whoever reports them.
        """
        self._detectors = detectors
        self._versions = dict(versions)
        self._authserv_id = authserv_id
        self._origins = origins or Origins()
        self._digests = digests

    def look_and_judge(
        self, request: LookRequest, octets: Octets, snapshots: Mapping[TenantId, TenantSnapshot]
    ) -> Judgement:
        """Return what becomes of the message, for each leg that has a snapshot."""
        cpu, began = time.thread_time(), time.perf_counter()
        view = view_of(octets)
        facts = authenticate(
            view,
            request.gathered,
            request.envelope.reverse_path,
            tuple(recipient.address for recipient in request.envelope.recipients),
        )
        if request.recorded is not None:
            told = request.recorded
            facts = replace(facts, spf=told.spf, dkim=told.dkim, dmarc=told.dmarc)
        authenticated = time.perf_counter()
        looks = {
            leg.tenant: spared(look_at(view, facts, snapshots.get(leg.tenant), self._detectors), view, facts)
            for leg in request.legs
        }
        looked = time.perf_counter()
        judgement = _judged(request.legs, looks, facts, snapshots, _Changer(view, facts, self._authserv_id))
        judgement = _with_traits(judgement, view, facts)
        judgement.facts.update(origin_for_trace(self._origins, view, facts))
        judgement.versions.update(self._versions)
        # Only what came into a trap, or was reported, may ever be stored as a signature.
        if self._digests or any(each.symbol == TRAP_ADDRESS.name for each in judgement.findings):
            judgement.facts["signatures"] = [
                {"kind": each.kind, "keys": each.keys, "enough": each.enough} for each in signatures_of(view)
            ]
        if reports := tls_reports_in(view, facts, snapshots.values()):
            judgement.facts["tls_reports"] = reports
        moments = (began, authenticated, looked, time.perf_counter())
        judgement.timings.update(_shares(time.thread_time() - cpu, moments))
        return judgement


def _with_traits(judgement: Judgement, view: MessageView, facts: Facts) -> Judgement:
    """Return ``judgement`` with what is kept of a message that goes on, or that is malware."""
    goes_on = any(
        copy.decision.disposition in (Disposition.DELIVER, Disposition.REDIRECT) for copy in judgement.copies
    )
    judgement.facts["files"] = files_for_trace(view, facts)
    features = digests_of(traits_of(view, facts).kept()) if goes_on else b""
    return replace(judgement, features=features, seen=seen_mail(view, facts, judgement.findings, service_of))


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
    return _judged(submission.legs, looks, facts, snapshots, _Changer(None, facts, ""))


class _Changer:
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


def _judged(
    legs: Sequence[Leg],
    looks: Mapping[TenantId, Sequence[Finding]],
    facts: Facts,
    snapshots: Mapping[TenantId, TenantSnapshot],
    changer: _Changer,
) -> Judgement:
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


def accepted(judgement: Judgement) -> Judgement:
    """Return ``judgement`` for a message whose client is told 250, whatever some of its copies deserve.

    One reply covers all recipients: who would have been refused alone is quarantined or deleted.
    """
    copies = tuple(
        replace(copy, decision=after_acceptance(copy.decision))
        if copy.decision.disposition is Disposition.REJECT
        else copy
        for copy in judgement.copies
    )
    late = {one: copy.decision.disposition.word for copy in copies for one in copy.decision.recipients}
    notices = tuple(
        replace(notice, disposition=late.get(notice.about[0], notice.disposition))
        for notice in judgement.notices
    )
    return replace(judgement, copies=copies, notices=notices)


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


def _shares(cpu: float, moments: Sequence[float]) -> dict[str, float]:
    """Return the CPU milliseconds of each stage: ``cpu`` seconds, shared as the wall clock says.

    Asking for the processor's time between the stages would cost more than some of them.
    """
    whole = moments[-1] - moments[0] or 1.0
    spent = (1000 * cpu * (ended - began) / whole for began, ended in pairwise(moments))
    return {stage: round(one, 3) for stage, one in zip(_STAGES, spent, strict=True)}

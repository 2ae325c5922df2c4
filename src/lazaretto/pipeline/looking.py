"""Look, judge, change: what becomes of one message, as a function of octets, facts and snapshots.

Runs inside a scan worker; reads no network, no database and no clock but the CPU's.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from itertools import pairwise
from typing import Final

from lazaretto.core.cards import Option
from lazaretto.core.decision import Disposition, Judgement
from lazaretto.core.envelope import Leg
from lazaretto.core.facts import Facts
from lazaretto.core.identity import TenantId
from lazaretto.core.indicators import KeptTraits
from lazaretto.core.malware_handling import MalwareHandling
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.api import Detector
from lazaretto.detect.authentication.evaluating import authenticate
from lazaretto.detect.malware.allowing import spared
from lazaretto.detect.malware.seen_mail import seen_mail
from lazaretto.detect.malware.traits import traits_of
from lazaretto.detect.origins import Origins
from lazaretto.detect.registry import meaning_of, service_of
from lazaretto.detect.reputation.digests import signatures_of
from lazaretto.detect.reputation.signatures import TRAP_ADDRESS
from lazaretto.detect.runner import look_at
from lazaretto.mail.octets import Octets
from lazaretto.mail.scanner import view_of
from lazaretto.mail.view import MessageView
from lazaretto.pipeline.deciding import Changer, decide
from lazaretto.pipeline.summarising import files_for_trace, origin_for_trace
from lazaretto.pipeline.tls_reports import tls_reports_in
from lazaretto.pipeline.wire import LookRequest

_STAGES: Final = ("authenticate", "look", "judge")


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
            tenant: spared(look_at(view, own, snapshots.get(tenant), self._detectors), view, own)
            for tenant, own in facts_by_tenant(request.legs, facts).items()
        }
        looked = time.perf_counter()
        judgement = decide(request.legs, looks, facts, snapshots, Changer(view, facts, self._authserv_id))
        judgement = _with_traits(judgement, view, facts, wanting_records(snapshots.values()))
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


def facts_by_tenant(legs: Sequence[Leg], facts: Facts) -> dict[TenantId, Facts]:
    """Return ``facts`` as each tenant may know them: who else got the message is not its business."""
    recipients: dict[TenantId, tuple[str, ...]] = {}
    for leg in legs:
        addresses = tuple(recipient.address for recipient in leg.recipients)
        recipients[leg.tenant] = recipients.get(leg.tenant, ()) + addresses
    if len(recipients) == 1:
        return dict.fromkeys(recipients, facts)
    return {tenant: replace(facts, recipients=own) for tenant, own in recipients.items()}


def wanting_records(snapshots: Iterable[TenantSnapshot]) -> frozenset[int]:
    """Return the tenants that ordered, and want, a detailed record of safe mail as well."""
    return frozenset(
        each.tenant
        for each in snapshots
        if Option.ADVANCED_THREATS in each.ordered and MalwareHandling.of(each.options).records_all
    )


def _with_traits(
    judgement: Judgement, view: MessageView, facts: Facts, recorded_for: frozenset[int]
) -> Judgement:
    """Return ``judgement`` with what is kept of a message that goes on or rests, or that is malware."""
    may_arrive = any(
        copy.decision.disposition in (Disposition.DELIVER, Disposition.REDIRECT, Disposition.QUARANTINE)
        for copy in judgement.copies
    )
    traits = traits_of(view, facts)
    judgement.facts["files"] = files_for_trace(traits.sums)
    features = traits.kept() if may_arrive else KeptTraits()
    seen = seen_mail(view, facts, judgement.findings, service_of, meaning_of, even_if_safe=bool(recorded_for))
    return replace(judgement, features=features, seen=seen, recorded_for=recorded_for)


def _shares(cpu: float, moments: Sequence[float]) -> dict[str, float]:
    """Return the CPU milliseconds of each stage: ``cpu`` seconds, shared as the wall clock says.

    Asking for the processor's time between the stages would cost more than some of them.
    """
    whole = moments[-1] - moments[0] or 1.0
    spent = (1000 * cpu * (ended - began) / whole for began, ended in pairwise(moments))
    return {stage: round(one, 3) for stage, one in zip(_STAGES, spent, strict=True)}

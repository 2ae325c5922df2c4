"""Judging again what was kept of a look: by the same configuration, or by another one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from lazaretto.core.decision import Decision
from lazaretto.core.envelope import Client, Direction
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.core.stored import StoredCopy, StoredLook
from lazaretto.policy.judging import Judged, judge

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def judged_again(
    look: StoredLook, snapshot: TenantSnapshot, findings: Sequence[Finding] | None = None
) -> Iterator[Judged]:
    """Yield what ``snapshot`` makes of each direction of ``look``.

    ``findings`` replace the stored ones, where lists of senders differ.
    """
    if findings is None:
        findings = [each.finding() for each in look.findings]
    facts = Facts(received_at=_EPOCH, client=Client(ip=look.client_ip), reverse_path=look.reverse_path)
    for direction, recipients in _by_direction(look.copies):
        yield judge(findings, facts, snapshot, recipients, direction)


def decisions_again(
    look: StoredLook, snapshot: TenantSnapshot, findings: Sequence[Finding] | None = None
) -> dict[str, Decision]:
    """Return the decision about each recipient."""
    return {
        recipient: decision
        for judged in judged_again(look, snapshot, findings)
        for decision in judged.decisions
        for recipient in decision.recipients
    }


def differences(look: StoredLook, snapshot: TenantSnapshot) -> list[str]:
    """Return the recipients about whom ``snapshot`` decides otherwise than what is stored."""
    again = decisions_again(look, snapshot)
    return [
        recipient
        for copy in look.copies
        for recipient in copy.recipients
        if recipient not in again or not _agrees(copy, again[recipient])
    ]


def _agrees(copy: StoredCopy, decision: Decision) -> bool:
    told = tuple(reason.setting for reason in decision.reasons)
    return copy.disposition is decision.disposition and copy.settings == told


def _by_direction(copies: Iterable[StoredCopy]) -> list[tuple[Direction, tuple[str, ...]]]:
    found: dict[Direction, list[str]] = {}
    for copy in copies:
        found.setdefault(copy.direction, []).extend(copy.recipients)
    return [(direction, tuple(recipients)) for direction, recipients in found.items()]

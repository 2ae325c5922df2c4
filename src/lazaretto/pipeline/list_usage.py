"""Whether entries of lists are still needed: hits, last use, and what passed only thanks to them."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from lazaretto.core.address import fold
from lazaretto.core.decision import Disposition
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.core.stored import StoredLook, decode_look
from lazaretto.journal.looks_found import list_hits, trial_outcomes
from lazaretto.policy.replaying import decisions_again
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.sections import SenderEntry

_APPROVED: Final = ("SENDER_APPROVED_ADDRESS", "SENDER_APPROVED_IP")
EXAMPLES: Final = 5


@dataclass(slots=True, kw_only=True)
class EntryUsage:
    """What an entry did within a span of time."""

    listed: str
    """``approved`` or ``blocked``."""
    entry: SenderEntry
    hits: int = 0
    last_used: datetime | None = None
    thanks_to_it: int = 0
    """Messages that would have been stopped, or tagged, without it: its blast radius."""
    examples: list[str] = field(default_factory=list)
    """Ids of some of these."""

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "list": self.listed,
            "entry": self.entry.entry,
            "expires": self.entry.expires.isoformat() if self.entry.expires else None,
            "hits": self.hits,
            "last_used": self.last_used.isoformat() if self.last_used else None,
            "blast_radius": self.thanks_to_it,
            "examples": self.examples,
        }

    def in_words(self) -> str:
        """Return it as one line."""
        used = f"last {self.last_used:%Y-%m-%d}" if self.last_used else "never used"
        radius = f", {self.thanks_to_it} passed only thanks to it" if self.listed == "approved" else ""
        ends = f", ends {self.entry.expires}" if self.entry.expires else ""
        return f"{self.listed:<8}  {self.entry.entry:<40}  {self.hits} hits, {used}{radius}{ends}"


def usage_of(dsn: str, document: TenantDocument, tenant: TenantId, span: timedelta) -> list[EntryUsage]:
    """Return the usage of every entry, in the order of the document; ``dsn`` is the trace's."""
    usages = list(_entries(document))
    by_entry = {(each.listed, _evidence(each.entry)): each for each in usages}
    snapshot = compile_snapshot(document, tenant, 0)
    for found in list_hits(dsn, tenant, datetime.now(UTC) - span):
        _count(by_entry, snapshot, decode_look(found.octets), found.received_at, str(found.message))
    return usages


def _entries(document: TenantDocument) -> Iterator[EntryUsage]:
    for entry in document.approved_senders:
        yield EntryUsage(listed="approved", entry=entry)
    for entry in document.blocked_senders:
        yield EntryUsage(listed="blocked", entry=entry)


def _evidence(entry: SenderEntry) -> str:
    return fold(entry.entry)


def _count(
    by_entry: dict[tuple[str, str], EntryUsage],
    snapshot: TenantSnapshot,
    look: StoredLook,
    received_at: datetime,
    message: str,
) -> None:
    for finding in look.findings:
        listed = "approved" if finding.symbol in _APPROVED else "blocked"
        usage = by_entry.get((listed, finding.evidence))
        if usage is None or not finding.symbol.startswith(("SENDER_APPROVED_", "SENDER_BLOCKED_")):
            continue
        usage.hits += 1
        if usage.last_used is None or received_at > usage.last_used:
            usage.last_used = received_at
        if listed == "approved" and _passed_thanks_to(look, snapshot, finding.symbol):
            usage.thanks_to_it += 1
            if len(usage.examples) < EXAMPLES:
                usage.examples.append(message)


def _passed_thanks_to(look: StoredLook, snapshot: TenantSnapshot, symbol: str) -> bool:
    findings = [each.finding() for each in look.findings]
    actual = decisions_again(look, snapshot, findings)
    without = decisions_again(look, snapshot, [each for each in findings if each.symbol != symbol])
    return any(
        decision.disposition is Disposition.DELIVER
        and (without[one].disposition, without[one].orders) != (decision.disposition, decision.orders)
        for one, decision in actual.items()
    )


def trial_of(dsn: str, tenant: TenantId, span: timedelta) -> dict[str, Any]:
    """Return how many messages settings on trial would have treated otherwise, by their fate."""
    fates = trial_outcomes(dsn, tenant, datetime.now(UTC) - span)
    return {"messages": sum(fates.values()), "fates": fates}

"""DMARC evaluations, counted by day for the reports that owners of domains ask for (RFC 9990).

Counted from the story of each message as it is shipped to the trace, so that evaluating costs nothing
more; a count is added at most once.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import blake2b
from typing import Any, Final

import structlog

from lazaretto.core.errors import LazarettoError
from lazaretto.core.events import EventKind
from lazaretto.db.json_text import json_text
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.journal.outbox import OutboxEvent

log = structlog.get_logger(__name__)

_PACKAGE: Final = "lazaretto.journal"
MOST_SIGNATURES: Final = 5
"""Signatures of one message that a report tells of."""
LONGEST: Final = 253
RULE: Final = "antispam.dmarc"
_SEVERITY: Final = {"none": 0, "quarantine": 1, "reject": 2}


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """A report that is owed: one policy domain, one day (UTC)."""

    day: date
    domain: str


@dataclass(frozen=True, slots=True)
class Row:
    """Messages that were evaluated alike."""

    record: str
    """The published record that was applied."""
    told: Mapping[str, Any]
    messages: int


class DmarcCounts:
    """Counts in table ``dmarc_count``, and what became of the reports about them."""

    def __init__(self, trace: Pool) -> None:
        self._pool = trace

    async def tell(self, events: Sequence[OutboxEvent]) -> None:
        """Count what ``events`` say; a failure to count keeps nobody from anything."""
        counted = list(counts_in(events))
        if not counted:
            return
        try:
            async with self._pool.transaction() as connection:
                parameters = {"counted": json_text(counted).decode()}
                await connection.execute(query(_PACKAGE, "add_dmarc_counts"), parameters)
        except LazarettoError as failure:
            log.warning("DMARC evaluations not counted", problem=str(failure))

    async def unreported(self, *, since: date, before: date, wanted: int) -> list[Due]:
        """Return reports that are owed about the days from ``since`` to the one before ``before``."""
        parameters = {"since": since, "before": before, "wanted": wanted}
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query(_PACKAGE, "find_dmarc_unreported"), parameters)
            return [Due(day, domain) for day, domain in await cursor.fetchall()]

    async def rows(self, due: Due, wanted: int) -> list[Row]:
        """Return what was counted about ``due``, most messages first, at most ``wanted`` rows."""
        parameters = {"day": due.day, "domain": due.domain, "wanted": wanted}
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query(_PACKAGE, "read_dmarc_counts"), parameters)
            return [Row(record, told, messages) for record, told, messages in await cursor.fetchall()]

    async def note(self, due: Due, target: str, outcome: str, now: datetime) -> None:
        """Remember what became of the report to ``target``; an empty one stands for all."""
        parameters = {"day": due.day, "domain": due.domain, "target": target, "outcome": outcome, "now": now}
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, "note_dmarc_report"), parameters)

    async def forget(self, before: date) -> None:
        """Forget counts and reports of days before ``before``."""
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, "forget_dmarc_counts"), {"before": before})
            await connection.execute(query(_PACKAGE, "forget_dmarc_reports"), {"before": before})


def counts_in(events: Iterable[OutboxEvent]) -> Iterator[dict[str, Any]]:
    """Yield what is added for ``events``: equal rows once, with their number."""
    counted: Counter[tuple[date, str, str, str]] = Counter()
    for event in events:
        found = _evaluated(event)
        if found is not None:
            domain, record, told = found
            text = json.dumps(told, sort_keys=True)
            counted[event.at.astimezone(UTC).date(), domain, record, text] += 1
    for (day, domain, record, text), messages in sorted(counted.items()):
        key = blake2b(f"{record}\0{text}".encode(), digest_size=16).hexdigest()
        yield {
            "day": day,
            "domain": domain,
            "record": record,
            "told": json.loads(text),
            "key": key,
            "messages": messages,
        }


def _evaluated(event: OutboxEvent) -> tuple[str, str, dict[str, Any]] | None:
    """Return policy domain, record and row of a message whose author's domain asks for reports."""
    facts = event.details.get("facts") or {}
    dmarc = facts.get("dmarc") or {}
    if event.kind is not EventKind.SCANNED or not dmarc.get("record") or not facts.get("client_ip"):
        return None
    copies = [each for each in event.details.get("copies", ()) if each.get("direction") != "outbound"]
    if not copies:
        return None
    spf = facts.get("spf") or {}
    disposition, reason = _disposition(dmarc, copies)
    told = {
        "ip": facts["client_ip"],
        "disposition": disposition,
        "reason": reason,
        "dkim": "pass" if "dkim" in dmarc.get("aligned_by", ()) else "fail",
        "spf": "pass" if "spf" in dmarc.get("aligned_by", ()) else "fail",
        "header_from": _cut(dmarc.get("domain")),
        "envelope_from": _cut(spf.get("domain")),
        "signatures": [
            [_cut(each.get("domain")), _cut(each.get("selector")), str(each.get("result"))]
            for each in (facts.get("dkim") or ())[:MOST_SIGNATURES]
            if each.get("domain")
        ],
        "spf_result": str(spf.get("result", "none")),
    }
    return _cut(dmarc.get("policy_domain")), str(dmarc["record"]), told


def _disposition(dmarc: Mapping[str, Any], copies: Sequence[Mapping[str, Any]]) -> tuple[str, str]:
    """Return what was done because of DMARC, and why it was less than was asked for."""
    if dmarc.get("result") == "pass":
        return "pass", ""
    done = max((_done(each) for each in copies), key=_SEVERITY.__getitem__)
    asked = dmarc.get("policy") or "none"
    if _SEVERITY[done] >= _SEVERITY.get(asked, 0):
        return done, ""
    silent = dmarc.get("result") == "temperror"
    return done, "the DNS did not answer" if silent else "the recipient's own settings"


def _done(copy: Mapping[str, Any]) -> str:
    # Where several methods want the same, DMARC's word counts as well.
    if not any(each.get("rule") == RULE for each in copy.get("settings") or ()):
        return "none"
    word = str(copy.get("judged") or copy.get("disposition"))
    return word if word in _SEVERITY else "none"


def _cut(value: object) -> str:
    return str(value or "")[:LONGEST].lower()

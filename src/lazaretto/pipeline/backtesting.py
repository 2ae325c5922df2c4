"""The time machine: a change of configuration tried on the mail of the last days.

The index names the messages that the change can touch, and each of them is judged by the
configuration in force and by the changed one.  Several processes share the days.
"""

from __future__ import annotations

import os
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from multiprocessing import get_context
from typing import Any, Final

from lazaretto.core.address import Address
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.core.stored import StoredLook, decode_look
from lazaretto.detect.registry import symbols as known_symbols
from lazaretto.detect.reputation.newsletters import newsletters_again
from lazaretto.detect.reputation.sender_lists import relisted
from lazaretto.journal.looks_found import FoundLook, Wanted, count_looks, find_looks
from lazaretto.mail.mailboxes import Mailbox
from lazaretto.policy.reach import Reach, reach_of
from lazaretto.policy.trying import Difference, Trial, facts_of
from lazaretto.tenants.encoding import decode_snapshot, encode_snapshot

EXAMPLES: Final = 5
"""Messages that are named for each kind of change."""
_NOT_REPLAYED: Final = (
    ("protected_names", "protected_names"),
    ("domains", "domains"),
    ("outbound_networks", "outbound.senders"),
    ("options", "settings of single methods"),
    ("ordered", "contract.options"),
)
"""What detectors read: to know what they would find the message itself is needed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Example:
    """One copy that would fare otherwise."""

    message: str
    received_at: str
    recipient: str
    setting: str


@dataclass(slots=True, kw_only=True)
class Outcome:
    """What a change would have done."""

    judged: int = 0
    """Messages that were judged twice."""
    kept: int = 0
    """Messages of the span, whatever they found."""
    changed: Counter[str] = field(default_factory=Counter)
    """Copies by what they would have become: ``deliver → quarantine``."""
    examples: dict[str, list[Example]] = field(default_factory=dict)
    cpu_seconds: float = 0.0
    wall_seconds: float = 0.0
    rules: Counter[str] = field(default_factory=Counter)
    """Messages by the rules of their time: their findings and scores are judged, not those of today."""
    not_replayed: tuple[str, ...] = ()
    """Settings that differ and need the message itself."""

    def add(self, other: Outcome) -> None:
        """Count what another process found."""
        self.judged += other.judged
        self.cpu_seconds += other.cpu_seconds
        self.changed += other.changed
        self.rules += other.rules
        for kind, examples in other.examples.items():
            self.examples.setdefault(kind, []).extend(examples)
            del self.examples[kind][EXAMPLES:]

    def note(self, found: FoundLook, difference: Difference) -> None:
        """Count one copy."""
        kind = f"{difference.before.words} → {difference.after.words}"
        self.changed[kind] += 1
        examples = self.examples.setdefault(kind, [])
        if len(examples) < EXAMPLES:
            examples.append(
                Example(
                    message=str(found.message),
                    received_at=found.received_at.isoformat(timespec="seconds"),
                    recipient=difference.recipient,
                    setting=difference.setting,
                )
            )

    @property
    def microseconds(self) -> float:
        """CPU time per message that was judged."""
        return self.cpu_seconds / self.judged * 1e6 if self.judged else 0.0

    def as_json(self) -> dict[str, Any]:
        """Return it as JSON values."""
        return {
            "messages": self.kept,
            "judged": self.judged,
            "changed": dict(self.changed.most_common()),
            "examples": {
                kind: [
                    {"message": each.message, "time": each.received_at, "recipient": each.recipient,
                     "setting": each.setting}
                    for each in examples
                ]
                for kind, examples in self.examples.items()
            },
            "rules": dict(self.rules.most_common()),
            "not_replayed": list(self.not_replayed),
            "cpu_us_per_message": round(self.microseconds, 1),
            "seconds": round(self.wall_seconds, 2),
        }  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Span:
    """From when to when."""

    since: datetime
    until: datetime

    def days(self) -> Iterator[Span]:
        """Yield its days."""
        since = self.since
        while since < self.until:
            until = min(since + timedelta(days=1), self.until)
            yield Span(since=since, until=until)
            since = until


Progress = Callable[[int, int, Outcome], None]


def backtest(
    dsn: str,
    before: TenantSnapshot,
    after: TenantSnapshot,
    span: Span,
    *,
    full: bool = False,
    processes: int | None = None,
    progress: Progress | None = None,
) -> Outcome:
    """Return what ``after`` would have changed; ``full`` judges every message, index or not.

    ``progress`` hears after each day how many of how many days are done, and what was found by then.
    """
    began = time.monotonic()
    reach = reach_of(before, after)
    whole = Wanted(tenant=before.tenant, since=span.since, until=span.until, everything=full)
    outcome = Outcome(kept=count_looks(dsn, whole), not_replayed=tuple(_not_replayed(before, after)))
    if not full:
        whole = _wanted(reach, whole)
    if full or not reach.is_empty:
        slices = [replace(whole, since=day.since, until=day.until) for day in span.days()]
        parts = _shared(dsn, before, after, slices, processes or os.cpu_count() or 1)
        for number, part in enumerate(parts, 1):
            outcome.add(part)
            if progress is not None:
                progress(number, len(slices), outcome)
    outcome.wall_seconds = time.monotonic() - began
    return outcome


def _shared(
    dsn: str, before: TenantSnapshot, after: TenantSnapshot, slices: Sequence[Wanted], processes: int
) -> Iterator[Outcome]:
    encoded = encode_snapshot(before), encode_snapshot(after)
    if processes == 1 or len(slices) == 1:
        yield from (_judge_slice(dsn, *encoded, each) for each in slices)
        return
    with ProcessPoolExecutor(processes, mp_context=get_context("fork")) as pool:
        jobs = [pool.submit(_judge_slice, dsn, *encoded, each) for each in slices]
        yield from (job.result() for job in jobs)


def _judge_slice(dsn: str, before: bytes, after: bytes, wanted: Wanted) -> Outcome:
    began = time.process_time()
    trial = Trial(decode_snapshot(before), decode_snapshot(after))
    reach = reach_of(trial.before, trial.after)
    outcome = Outcome()
    for found in find_looks(dsn, wanted):
        look = decode_look(found.octets)
        outcome.judged += 1
        outcome.rules[look.rules] += 1
        for difference in differences(trial, reach, look, found.received_at):
            outcome.note(found, difference)
    outcome.cpu_seconds = time.process_time() - began
    return outcome


def differences(trial: Trial, reach: Reach, look: StoredLook, received_at: datetime) -> Iterable[Difference]:
    """Return the copies of one message that would fare otherwise."""
    if not reach.lists_differ and not reach.newsletters:
        return trial.differences(look)
    facts = facts_of(look, received_at)
    one, other = (_listed_again(look, facts, each, reach) for each in (trial.before, trial.after))
    return trial.differences(look, one, other)


@dataclass(frozen=True, slots=True)
class _Authors:
    authors: tuple[Mailbox, ...]


def _listed_again(
    look: StoredLook, facts: Facts, snapshot: TenantSnapshot, reach: Reach
) -> Sequence[Finding]:
    findings: Sequence[Finding] = [each.finding() for each in look.findings]
    if reach.newsletters or reach.mailboxes_differ:
        findings = newsletters_again(findings, look.list_id, facts, snapshot)
    if reach.lists_differ:
        authors = _Authors(tuple(_mailbox(each) for each in look.authors))
        findings = relisted(findings, authors, facts, snapshot)
    return findings


def _mailbox(text: str) -> Mailbox:
    local, _, domain = text.rpartition("@")
    return Mailbox("", Address(local, domain))


def _wanted(reach: Reach, whole: Wanted) -> Wanted:
    return replace(
        whole,
        everything=reach.everything,
        symbols=sorted(_whole_names(reach.symbols)),
        classes=sorted(reach.classes),
        senders=sorted(reach.senders),
        networks=sorted(reach.networks),
        newsletters=sorted(reach.newsletters),
        sums_from=dict(reach.sums_from),
        sums_between=dict(reach.sums_between),
        score_from=reach.score_from,
    )


def _whole_names(names: Iterable[str]) -> Iterator[str]:
    known = list(known_symbols())
    for name in names:
        if name.endswith("*"):
            yield from (each for each in known if each.startswith(name[:-1]))
        else:
            yield name


def _not_replayed(before: TenantSnapshot, after: TenantSnapshot) -> Iterator[str]:
    for attribute, words in _NOT_REPLAYED:
        one, other = getattr(before, attribute), getattr(after, attribute)
        if (set(one) != set(other)) if attribute == "domains" else one != other:
            yield words

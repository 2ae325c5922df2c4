"""Feeding the signature system, and giving each scan worker what is in force."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import uuid4

import structlog

from lazaretto.core.decision import Judgement
from lazaretto.core.errors import LazarettoError
from lazaretto.core.events import EventKind
from lazaretto.core.identity import PLATFORM
from lazaretto.detect.reputation.signature_file import Entry, write
from lazaretto.intelligence.leaning_store import LeaningStore
from lazaretto.intelligence.report_cases import CaseState, ReportCase, ReportCases
from lazaretto.intelligence.signature_store import (
    Learnt,
    Reporter,
    Seen,
    SignatureState,
    SignatureStore,
    Source,
)
from lazaretto.journal.outbox import OutboxEvent
from lazaretto.run.home import Home
from lazaretto.run.leaning import vote_by_report

log = structlog.get_logger(__name__)

WRITE_EVERY: Final = 1.0
FORGET_EVERY: Final = 3_600.0
TRAP: Final = "TRAP_ADDRESS"


class SignatureWriter:
    """Writes the file of signatures in force whenever they change; each node has its own."""

    def __init__(self, home: Home, store: SignatureStore) -> None:
        self._path = home.signatures
        self._store = store
        self._written: tuple[datetime | None, int] | None = None
        self._forgot = 0.0

    async def run(self) -> None:
        """Write again and again, until cancelled."""
        while True:
            now = datetime.now(UTC)
            if now.timestamp() - self._forgot > FORGET_EVERY:
                await self._store.forget(now)
                self._forgot, self._written = now.timestamp(), None
            version = await self._store.version()
            if version != self._written:
                await self.write(now)
                self._written = version
            await asyncio.sleep(WRITE_EVERY)

    async def write(self, now: datetime) -> None:
        """Put what is in force in the place of the file."""
        entries = [Entry(*each) for each in await self._store.in_force(now)]
        await asyncio.to_thread(write, self._path, entries)


class TrapReporter:
    """Reports what came into a trap."""

    def __init__(self, store: SignatureStore) -> None:
        self._store = store

    async def tell(self, events: Sequence[OutboxEvent]) -> None:
        """Learn from those of ``events`` that tell of a trap; a failure keeps nobody from anything."""
        for event in events:
            seen = seen_in(event.details.get("facts") or {}) if _is_trapped(event) else []
            if not seen:
                continue
            reporter = Reporter(Source.TRAP, PLATFORM, str(event.message))
            try:
                await self._store.learn(seen, reporter, is_spam=True, now=event.at)
            except LazarettoError as failure:
                log.warning("a trap's mail was not learnt", problem=str(failure))


def seen_in(facts: Mapping[str, Any]) -> list[Seen]:
    """Return the signatures that a look told of."""
    return [
        Seen(str(each["kind"]), tuple(int(key) for key in each["keys"]), int(each["enough"]))
        for each in facts.get("signatures", ())
    ]


async def answer(
    cases: ReportCases,
    store: SignatureStore,
    judgement: Judgement | None,
    reporter: Reporter,
    *,
    is_spam: bool,
    about: str,
    now: datetime,
    leanings: LeaningStore,
    open_case: ReportCase | None = None,
) -> ReportCase:
    """Learn from a report, and keep it as a case with what follows from it.

    ``judgement`` is the new look at the message; None where nobody has the message any more.
    ``open_case`` is the case that is answered, where the report was kept as one before.
    """
    case = ReportCase(
        id=open_case.id if open_case else uuid4(),
        tenant=reporter.tenant,
        is_spam=is_spam,
        reporter=reporter.name,
        about=about,
        state=CaseState.WAITING,
        opened_at=open_case.opened_at if open_case else now,
        way=open_case.way if open_case else "",
        effect="nothing yet: mail that was delivered is not kept; hand the message in as a file",
    )
    if judgement is not None:
        if not reporter.source.is_believed:
            # What one tenant likes is its own people's affair, apart from what all tenants share.
            await vote_by_report(
                leanings,
                reporter.tenant,
                reporter.name,
                judgement.facts,
                judgement.findings,
                now,
                is_spam=is_spam,
            )
        learnt = await store.learn(seen_in(judgement.facts), reporter, is_spam=is_spam, now=now)
        case = ReportCase(
            id=case.id,
            tenant=case.tenant,
            is_spam=is_spam,
            reporter=case.reporter,
            about=about,
            state=CaseState.ANSWERED,
            opened_at=case.opened_at,
            answered_at=now,
            way=case.way,
            verdict=judgement.verdict.value,
            score=round(judgement.score, 4),
            findings=tuple(each.symbol for each in judgement.findings if each.score),
            effect=effect_of(learnt, judgement, is_spam=is_spam),
        )
    await cases.add(case)
    return case


def effect_of(learnt: Iterable[Learnt], judgement: Judgement, *, is_spam: bool) -> str:
    """Return in words what follows from a report."""
    learnt = list(learnt)
    in_force = [each for each in learnt if each.state is SignatureState.IN_FORCE]
    if not learnt:
        told = "nothing in it can be known again, or too much was reported today"
        return (
            f"looked at again: {judgement.verdict.value}; {told if is_spam else 'no signature speaks of it'}"
        )
    kinds = ", ".join(sorted({each.kind for each in learnt}))
    if is_spam and in_force:
        return f"mail like it is stopped from now on, everywhere ({kinds})"
    if is_spam:
        votes = max(each.votes for each in learnt)
        return f"counted ({kinds}): {votes} of 3 reports, of at least two tenants, that stop mail like it"
    if in_force:
        return f"counted against the signature ({kinds}), which stays in force: others still call it spam"
    return f"mail like it is not stopped by a signature any more ({kinds})"


def _is_trapped(event: OutboxEvent) -> bool:
    findings = event.details.get("findings") or ()
    return event.kind is EventKind.SCANNED and any(each.get("symbol") == TRAP for each in findings)

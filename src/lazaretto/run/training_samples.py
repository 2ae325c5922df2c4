"""Messages and letters to learn from: what stands in them, what they are, and what they weigh."""

from __future__ import annotations

import multiprocessing
import sys
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Facts
from lazaretto.detect.api import Detector
from lazaretto.detect.learned.habits import habits_of
from lazaretto.detect.learned.letters.composing import Composed, composed, wrapped
from lazaretto.detect.learned.shape import shape_of
from lazaretto.detect.learned.words import words_of
from lazaretto.detect.registry import detectors
from lazaretto.detect.runner import look_at
from lazaretto.detect.weights import weighted_symbols
from lazaretto.mail.scanner import view_of
from lazaretto.run.evaluating import Labelled, labelled_files
from lazaretto.run.training_looks import Look, keep, kept, key_of

OWN: Final = "own"
"""The source of letters and of kinds of mail that have no unwanted counterpart of their own."""
UNWANTED: Final = frozenset({"spam", "phishing"})
KIND_WEIGHTS: Final = {"ham-hard": 3.0, "ham-transactional": 5.0, "ham-auto": 0.5, "dsn": 0.3}
"""What one cluster of a kind weighs that stands for much mail and of which there is little, or much."""
COPIES: Final = 8
COPY_WEIGHT: Final = 0.5
PARTS: Final = 4
"""Into how many parts each source is cut; each in turn is held out for choosing the scale."""
TOGETHER: Final = 256
"""Messages that one process looks at in one go, and whose looks are kept in one file."""
MOMENT: Final = datetime(2026, 9, 1, tzinfo=UTC)
"""When all mail is taken to have been received; a clock would make every model another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One message to learn from."""

    words: frozenset[str]
    shape: frozenset[str]
    findings: frozenset[str]
    """Every symbol that was found."""
    unwanted: bool
    weight: float
    source: str
    kind: str
    set_name: str
    part: int
    """Near-duplicates and copies of one letter are in the same part."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Job:
    """One message to look at: a file or octets, and what its sample says beside what is seen."""

    message: Path | bytes
    facts: Facts
    unwanted: bool
    weight: float
    source: str
    kind: str
    set_name: str
    family: str

    def octets(self) -> bytes:
        return self.message if isinstance(self.message, bytes) else _octets(self.message)


_looking: list[Detector] = []


def collect(folder: Path, left_out: Sequence[str], processes: int, shelf: Path | None = None) -> list[Sample]:
    """Return a sample of every message in ``folder`` and of every letter, in a fixed order.

    What was seen is kept in ``shelf`` and taken from there the next time.
    """
    work = [each for each in labelled_files(folder / "labels.csv", None) if each.set_name not in left_out]
    members = Counter((each.set_name, each.label, each.cluster) for each in work if each.cluster)
    shares = [1 / members[w.set_name, w.label, w.cluster] if w.cluster else 1.0 for w in work]
    jobs = [*map(_job_of, work, shares), *map(_letter_job, _letters(folder))]
    heaps = [(tuple(jobs[start : start + TOGETHER]), shelf) for start in range(0, len(jobs), TOGETHER)]
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        looks = (look for some in pool.imap(_looked_at, heaps) for look in some)
        return [_sample(job, look) for job, look in zip(jobs, looks, strict=True)]


def _looked_at(heap: tuple[tuple[_Job, ...], Path | None]) -> list[Look]:
    jobs, shelf = heap
    messages = [job.octets() for job in jobs]
    key = key_of((octets, repr(job.facts)) for octets, job in zip(messages, jobs, strict=True))
    known = kept(shelf, key)
    if known is None:
        known = [_look(octets, job.facts) for octets, job in zip(messages, jobs, strict=True)]
        keep(shelf, key, known)
    return known


def _look(octets: bytes, facts: Facts) -> Look:
    if not _looking:
        # Made once in each process.  The models do not look at what they learn from, and what others
        # find without a weight, malware say, is not learned.
        weighted = weighted_symbols()
        _looking.extend(
            each
            for each in detectors()
            if not each.card.name.startswith("learned.")
            and any(symbol.name in weighted for symbol in each.card.symbols)
        )
    view = view_of(octets)
    return Look(
        words=sorted(words_of(view)),
        shape=sorted(shape_of(view) | habits_of(view)),
        findings=sorted({finding.symbol for finding in look_at(view, facts, None, _looking)}),
    )


def _sample(job: _Job, look: Look) -> Sample:
    # The same words come from every process as other objects; kept once, they fit into memory.
    words, shape, findings = (
        frozenset(map(sys.intern, each)) for each in (look.words, look.shape, look.findings)
    )
    return Sample(
        words=words,
        shape=shape,
        findings=findings,
        unwanted=job.unwanted,
        weight=job.weight,
        source=job.source,
        kind=job.kind,
        set_name=job.set_name,
        part=zlib.crc32(job.family.encode()) % PARTS,
    )


def _job_of(labelled: Labelled, share: float) -> _Job:
    told, assumed = labelled.assumptions.recorded, labelled.assumptions
    facts = Facts(received_at=MOMENT, client=Client(ip=assumed.client_ip, helo=assumed.helo))
    if told is not None:
        facts = Facts(
            received_at=MOMENT,
            client=facts.client,
            reverse_path=assumed.reverse_path,
            spf=told.spf,
            dkim=told.dkim,
            dmarc=told.dmarc,
        )
    own = labelled.kind in KIND_WEIGHTS
    return _Job(
        message=labelled.file,
        facts=facts,
        unwanted=labelled.label in UNWANTED,
        weight=share * KIND_WEIGHTS.get(labelled.kind, 1.0),
        source=OWN if own else labelled.set_name.partition("-")[0],
        kind=labelled.kind or labelled.label,
        set_name=labelled.set_name,
        family=labelled.set_name + (labelled.cluster or labelled.file.name),
    )


def _letter_job(pair: tuple[Composed, str]) -> _Job:
    letter, kind = pair
    return _Job(
        message=letter.octets,
        facts=Facts(received_at=MOMENT, client=Client(ip="192.0.2.1")),
        unwanted=kind == "lures",
        weight=COPY_WEIGHT,
        source=OWN,
        kind=kind,
        set_name=OWN,
        family=letter.family,
    )


def _octets(file: Path) -> bytes:
    # What lies in files has the line ends of its system; mail has CRLF.
    octets = file.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return octets.replace(b"\n", b"\r\n")


def _letters(folder: Path) -> Iterator[tuple[Composed, str]]:
    for kind in ("wanted", "lures"):
        for letter in composed(kind, COPIES):
            yield letter, kind
    gray = folder / "graymail-html"
    for path in sorted(gray.rglob("*.html")):
        source = path.read_text(encoding="utf-8", errors="replace")
        # Variants of one template lie beside one another.
        family = "/".join(path.relative_to(gray).parts[:4])
        for number in range(2):
            yield wrapped(family, source, number), "newsletter"

"""Fitting the shipped model to a folder of labelled mail: the work behind ``lazaretto train``.

The folder is what ``lazaretto evaluate`` reads: ``labels.csv`` and the messages it names; HTML files
below ``graymail-html`` are taken as newsletters and notices.  Letters of our own wording join in.
The same folder gives the same model, octet for octet.
"""

from __future__ import annotations

import multiprocessing
import sys
import zlib
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from lazaretto.core.envelope import Client
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.facts import Facts
from lazaretto.core.snapshot import DEFAULT_THRESHOLDS
from lazaretto.detect.api import Detector
from lazaretto.detect.learned.fitting import Example, Fit, Recipe, fit, pruned
from lazaretto.detect.learned.letters.composing import Composed, composed, wrapped
from lazaretto.detect.learned.model import Model
from lazaretto.detect.learned.scaling import Held, caught, lost, scale_for
from lazaretto.detect.learned.shape import shape_of
from lazaretto.detect.learned.words import words_of
from lazaretto.detect.registry import detectors
from lazaretto.detect.runner import look_at
from lazaretto.mail.scanner import view_of
from lazaretto.mail.view import MessageView
from lazaretto.policy.verdicts import classes_of
from lazaretto.run.evaluating import Labelled, labelled_files

OWN: Final = "own"
"""The source of letters and of kinds of mail that have no unwanted counterpart of their own."""
NON_COMMERCIAL: Final = ("phishing-pot",)
"""Sets whose licence forbids to ship what is learned from them; for measuring only."""
UNWANTED: Final = frozenset({"spam", "phishing"})
KIND_WEIGHTS: Final = {"ham-hard": 3.0, "ham-transactional": 5.0, "ham-auto": 0.5, "dsn": 0.5}
"""What one cluster of a kind weighs that stands for much mail and of which there is little, or much."""
STRICT_KINDS: Final = frozenset({"ham-transactional", "wanted"})
INFLUENCE: Final = {"lists": 1.5, "csdmc2010": 0.7}
COPIES: Final = 8
COPY_WEIGHT: Final = 0.5
PRIORS: Final = {"u#own some": -4.0, "u#own all": -4.0, "f:daemon": -3.0}
"""Added to what is learned: newsletters that lead to their sender's own site and notices of mail
servers are rare in collections of mail and common in mailboxes."""
ALLOWED: Final = 0.0005
"""Share of wanted mail that may be lost, on held-out mail."""
MOST_WEIGHTS: Final = 59_000
MOMENT: Final = datetime(2026, 9, 1, tzinfo=UTC)
"""When all mail is taken to have been received; a clock would make every model another one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Sample:
    """One message to learn from."""

    example: Example
    rules: float
    """The score that the rules alone give it."""
    kind: str
    fold: str
    """Messages of one fold are held out together: a whole source, or half of our own letters."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trained:
    """A model and what it does to mail that it was not fitted to."""

    model: Model
    quality: tuple[Quality, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Quality:
    """What held-out mail of one fold and kind comes to."""

    fold: str
    kind: str
    messages: int
    flagged_by_rules: float
    flagged: float


def train(folder: Path, left_out: Sequence[str], version: str, processes: int) -> Trained:
    """Return the model of the mail in ``folder``; raises ``ConfigurationError`` without labels."""
    samples = collect(folder, left_out, processes)
    folds = sorted({sample.fold for sample in samples})
    if len([fold for fold in folds if not fold.startswith(OWN)]) < 2:
        raise ConfigurationError(f"{folder}: needs wanted and unwanted mail of at least two sources")
    with multiprocessing.get_context("fork").Pool(processes, _share, (samples,)) as pool:
        # Whole first, for it takes longest.
        whole = pool.apply_async(_fitted_without, ("",))
        parts = pool.map(_held_out, folds, 1)
        fitted = whole.get()
    held = [
        (sample, one)
        for fold, ones in zip(folds, parts, strict=True)
        for sample, one in zip((each for each in samples if each.fold == fold), ones, strict=True)
    ]
    model = Model(version=version, fitted=fitted, scale=scale_for([one for _, one in held], ALLOWED))
    return Trained(model=model, quality=tuple(_quality(held, model)))


def collect(folder: Path, left_out: Sequence[str], processes: int) -> list[Sample]:
    """Return a sample of every message in ``folder`` and of every letter, in a fixed order."""
    work = [each for each in labelled_files(folder / "labels.csv", None) if each.set_name not in left_out]
    members = Counter((each.set_name, each.label, each.cluster) for each in work if each.cluster)
    shares = [1 / members[w.set_name, w.label, w.cluster] if w.cluster else 1.0 for w in work]
    letters = list(_letters(folder))
    with multiprocessing.get_context("fork").Pool(processes) as pool:
        real = pool.imap(_sample, zip(work, shares, strict=True), 64)
        own = pool.imap(_letter, letters, 64)
        return [_interned(sample) for some in (real, own) for sample in some]


_samples: list[Sample] = []
_looking: list[Detector] = []


def _share(samples: list[Sample]) -> None:
    _samples[:] = samples


def _interned(sample: Sample) -> Sample:
    # The same words come from every process as other objects; kept once, they fit into memory.
    words, shape = (frozenset(map(sys.intern, f)) for f in (sample.example.words, sample.example.shape))
    return replace(sample, example=replace(sample.example, words=words, shape=shape))


def _sample(job: tuple[Labelled, float]) -> Sample:
    labelled, share = job
    told = labelled.assumptions.recorded
    facts = Facts(received_at=MOMENT, client=Client(ip=labelled.assumptions.client_ip))
    if told is not None:
        facts = Facts(
            received_at=MOMENT,
            client=facts.client,
            reverse_path=labelled.assumptions.reverse_path,
            spf=told.spf,
            dkim=told.dkim,
            dmarc=told.dmarc,
        )
    own = labelled.kind in KIND_WEIGHTS
    source = OWN if own else labelled.set_name.partition("-")[0]
    fold = f"{OWN}-{_half(labelled.set_name + labelled.cluster)}" if own else source
    weight = share * KIND_WEIGHTS.get(labelled.kind, 1.0)
    view = view_of(_octets(labelled.file))
    example = _example(view, labelled.label in UNWANTED, weight, source)
    return Sample(example=example, rules=_rules(view, facts), kind=labelled.kind, fold=fold)


def _octets(file: Path) -> bytes:
    # What lies in files has the line ends of its system; mail has CRLF.
    octets = file.read_bytes().replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return octets.replace(b"\n", b"\r\n")


def _letter(job: tuple[Composed, str]) -> Sample:
    letter, kind = job
    view = view_of(letter.octets)
    facts = Facts(received_at=MOMENT, client=Client(ip="192.0.2.1"))
    example = _example(view, kind == "lures", COPY_WEIGHT, OWN)
    fold = f"{OWN}-{_half(letter.family)}"
    return Sample(example=example, rules=_rules(view, facts), kind=kind, fold=fold)


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


def _example(view: MessageView, unwanted: bool, weight: float, source: str) -> Example:
    return Example(
        words=frozenset(words_of(view)),
        shape=frozenset(shape_of(view)),
        unwanted=unwanted,
        weight=weight,
        source=source,
    )


def _rules(view: MessageView, facts: Facts) -> float:
    if not _looking:
        # Made once in each process; the model itself does not look at what it learns from.
        _looking.extend(each for each in detectors() if not each.card.name.startswith("learned."))
    return classes_of(look_at(view, facts, None, _looking), DEFAULT_THRESHOLDS).score


def _half(name: str) -> int:
    return zlib.crc32(name.encode()) % 2


def _fitted_without(fold: str) -> Fit:
    examples = [sample.example for sample in _samples if sample.fold != fold]
    # A quick fit finds the features that matter; the length of a text counts those alone.
    quick = pruned(fit(examples, INFLUENCE, Recipe(rounds=2)), MOST_WEIGHTS)
    fitted = pruned(fit(examples, INFLUENCE, Recipe(), frozenset(quick.weights)), MOST_WEIGHTS)
    return Fit(weights=_with_priors(fitted.weights), bias=fitted.bias)


def _with_priors(weights: Mapping[str, float]) -> dict[str, float]:
    changed = {name: round(weights.get(name, 0.0) + prior, 3) for name, prior in PRIORS.items()}
    return {**weights, **changed}


def _held_out(fold: str) -> list[Held]:
    fitted = _fitted_without(fold)
    return [_held(sample, fitted) for sample in _samples if sample.fold == fold]


def _held(sample: Sample, fitted: Fit) -> Held:
    return Held(
        log_odds=fitted.margin(sample.example.words, sample.example.shape),
        rules=sample.rules,
        unwanted=sample.example.unwanted,
        weight=sample.example.weight,
        strict=sample.kind in STRICT_KINDS,
    )


def _quality(held: Sequence[tuple[Sample, Held]], model: Model) -> Iterable[Quality]:
    for fold, kind in sorted({(sample.fold, sample.kind) for sample, _ in held}):
        group = [one for sample, one in held if (sample.fold, sample.kind) == (fold, kind)]
        share = partial(caught if group[0].unwanted else lost, group)
        yield Quality(
            fold=fold,
            kind=kind,
            messages=len(group),
            flagged_by_rules=_by_rules(group),
            flagged=share(model.scale),
        )


def _by_rules(group: Sequence[Held]) -> float:
    total = sum(each.weight for each in group)
    return sum(each.weight for each in group if each.rules >= DEFAULT_THRESHOLDS["spam"]) / total

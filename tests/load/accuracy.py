"""Our look beside SpamAssassin and rspamd on mail of sources that none of them learned from.

    python -m tests.load.accuracy FOLDER [JUDGED [LEARNED]]

FOLDER is what ``lazaretto train`` reads.  Each source in turn is left out; all three learn from the same
``LEARNED`` messages of either kind of every other source (peers: their Bayes; ours: words, form and
weights of rules, from the priors that people gave) and judge the same ``JUDGED`` messages of the one left
out.  ``all`` takes every message.  Phishing-pot is judged by what all others taught, never learned from,
against the wanted mail that was judged.  Near-duplicates count once.  Peers run with their shipped rules
and without network.  With 150 and 300 it takes about ten minutes on two idle processors.
"""

from __future__ import annotations

import csv
import json
import sys
import tempfile
import time
import zlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Protocol

import numpy as np

from lazaretto.core.snapshot import DEFAULT_THRESHOLDS
from lazaretto.detect.learned.model import shipped
from lazaretto.run import training
from lazaretto.run.evaluating import labelled_files
from lazaretto.run.training_quality import STEPS, catch_at
from lazaretto.run.training_samples import OWN, collect
from tests.load.peers_learning import Rspamd, SpamAssassin

POT: Final = "phishing-pot"
SOURCES: Final = ("classic", "csdmc2010", "lists", "trec07")
JUDGED, LEARNED = 150, 300


class Judge(Protocol):
    """What learns and gives scores."""

    name: str
    threshold: float
    """The score from which it calls mail spam as shipped."""

    def learn(self, left_out: str, spam: Sequence[Path], ham: Sequence[Path]) -> None:
        """Forget everything and learn from these."""

    def scores(self, files: Sequence[Path]) -> list[float]:
        """Return a score for each of ``files``; higher is worse."""


@dataclass(frozen=True)
class Message:
    """One row of the labels."""

    file: Path
    source: str
    unwanted: bool
    weight: float


class Ours:
    """This product's rules and learned models, fitted to the same messages."""

    name, threshold = "lazaretto", DEFAULT_THRESHOLDS["spam"]

    def __init__(self, folder: Path, messages: Iterable[Message]) -> None:
        """Look at every message once."""
        with tempfile.TemporaryDirectory(prefix="lazaretto-accuracy-") as temporary:
            chosen = {str(each.file) for each in messages}
            base = Path(temporary)
            _some_rows(folder, base, chosen)
            samples = collect(base, (), 2)
        # Letters of our own come after the messages, in whose order the samples are.
        self._row = {file: row for row, file in enumerate(_files_of(folder, chosen))}
        self._shop = training._Workshop(samples)
        self._sources = self._shop.table.source
        self._learned = self._shop.may_fit.copy()
        self._totals: Any = None

    def learn(self, left_out: str, spam: Sequence[Path], ham: Sequence[Path]) -> None:
        """Fit to these and to the letters of our own."""
        chosen = np.zeros(len(self._sources), bool)
        chosen[[self._row[str(file)] for file in (*spam, *ham)]] = True
        chosen |= self._sources == OWN
        fits = self._shop.fits_without(~(chosen & self._learned))
        self._totals = self._shop._totals(self._shop._scores_of(fits), shipped().middle)

    def scores(self, files: Sequence[Path]) -> list[float]:
        """Return the totals."""
        return [float(self._totals[self._row[str(file)]]) for file in files]


def _some_rows(folder: Path, base: Path, chosen: set[str]) -> None:
    with (folder / "labels.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    kept = [replace_file(row, folder) for row in rows if str(folder / row["file"]) in chosen]
    with (base / "labels.csv").open("w", newline="") as file:
        writer = csv.DictWriter(file, fieldnames=list(rows[0]))
        writer.writeheader()
        writer.writerows(kept)
    graymail = folder / "graymail-html"
    if graymail.exists():
        (base / "graymail-html").symlink_to(graymail.resolve())


def replace_file(row: dict[str, str], folder: Path) -> dict[str, str]:
    """Return ``row`` with the whole path of its file."""
    return {**row, "file": str((folder / row["file"]).resolve())}


def _files_of(folder: Path, chosen: set[str]) -> list[str]:
    work = labelled_files(folder / "labels.csv", None)
    return [str(each.file) for each in work if str(each.file) in chosen]


def messages_of(folder: Path) -> list[Message]:
    """Return every message whose source has both kinds, and phishing-pot's."""
    with (folder / "labels.csv").open(newline="") as file:
        rows = [row for row in csv.DictReader(file) if row["label"] in ("ham", "spam", "phishing")]
    members: dict[tuple[str, str, str], int] = {}
    for row in rows:
        key = row["set"], row["label"], row["cluster"]
        members[key] = members.get(key, 0) + 1
    found = []
    for row in rows:
        source = POT if row["set"] == POT else row["set"].partition("-")[0]
        if source in (*SOURCES, POT) and row["kind"] in ("ham", "spam", "phish", ""):
            weight = 1 / members[row["set"], row["label"], row["cluster"]] if row["cluster"] else 1.0
            found.append(Message(folder / row["file"], source, row["label"] != "ham", weight))
    return found


def sample(messages: Iterable[Message], most: int | None, salt: str) -> list[Message]:
    """Return at most ``most`` of either kind of every source; always the same ones."""
    groups: dict[tuple[str, bool], list[Message]] = {}
    for each in messages:
        groups.setdefault((each.source, each.unwanted), []).append(each)
    chosen = []
    for _, members in sorted(groups.items()):
        members.sort(key=lambda each: zlib.crc32(f"{salt}{each.file.name}".encode()))
        chosen += members[:most]
    return chosen


def compare(judges: Sequence[Judge], judged: Sequence[Message], learned: Sequence[Message]) -> dict[str, Any]:
    """Return, by judge and source, the catch at each step and what its shipped threshold does."""
    table: dict[str, Any] = {}
    for judge in judges:
        scores = np.zeros(len(judged))
        started = time.monotonic()
        for source in (*SOURCES, POT):
            taught = [each for each in learned if each.source not in (source, POT)]
            spam = [each.file for each in taught if each.unwanted]
            ham = [each.file for each in taught if not each.unwanted]
            judge.learn(source, spam, ham)
            rows = [number for number, each in enumerate(judged) if each.source == source]
            scores[rows] = judge.scores([judged[number].file for number in rows])
        table[judge.name] = {
            **_quality(judge, judged, scores),
            "seconds": round(time.monotonic() - started),
        }
        _print(judge.name, table[judge.name])
    return table


def _quality(judge: Judge, judged: Sequence[Message], scores: Any) -> dict[str, Any]:
    source = np.array([each.source for each in judged])
    unwanted = np.array([each.unwanted for each in judged])
    weight = np.array([each.weight for each in judged])
    found = {}
    for name in (*SOURCES, POT, "pooled"):
        bad = unwanted & ((source == name) | (name == "pooled"))
        good = ~unwanted & ((source == name) | (name in ("pooled", POT)))
        found[name] = {
            "n": [int(bad.sum()), int(good.sum())],
            "catch": _share(scores >= judge.threshold, weight, bad),
            "fp": _share(scores >= judge.threshold, weight, good),
            "catch_at": dict(zip(map(str, STEPS), catch_at(scores, weight, good, bad), strict=True)),
        }
    return found


def _share(over: Any, weight: Any, rows: Any) -> float:
    return round(float(weight[over & rows].sum() / max(weight[rows].sum(), 1e-9)), 4)


def _print(name: str, quality: dict[str, Any]) -> None:
    print(f"{name} ({quality['seconds']} s)")
    print(f"  {'left out':12}{'spam':>6}{'ham':>6}{'catch':>8}{'fp':>8}   catch at 1, 0.1, 0.01, 0 %")
    for source, row in quality.items():
        if source != "seconds":
            catch = "  ".join(f"{100 * value:5.1f}" for value in row["catch_at"].values())
            bad, good = row["n"]
            print(
                f"  {source:12}{bad:>6}{good:>6}{100 * row['catch']:>8.1f}{100 * row['fp']:>8.2f}   {catch}"
            )
    sys.stdout.flush()


def main() -> None:
    """Run it."""
    words = [*sys.argv[1:], *["", "", ""][len(sys.argv) - 1 :]]
    folder = Path(words[0] or "build/mail").resolve()
    judged_most, learned_most = (
        None if word == "all" else int(word or default)
        for word, default in ((words[1], JUDGED), (words[2], LEARNED))
    )
    messages = messages_of(folder)
    judged = sample(messages, judged_most, "judged")
    learned = sample([each for each in messages if each.source != POT], learned_most, "learned")
    judges: list[Judge] = [Ours(folder, {*judged, *learned})]
    for peer in (SpamAssassin, Rspamd):
        if peer.missing():
            print(f"peer left out: {peer.missing()}")
        else:
            judges.append(peer())
    try:
        print(json.dumps(compare(judges, judged, learned)))
    finally:
        for judge in judges:
            if isinstance(judge, SpamAssassin | Rspamd):
                judge.close()


if __name__ == "__main__":
    main()

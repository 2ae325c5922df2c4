"""Our look beside SpamAssassin and rspamd on mail of sources that none of them learned from.

    python -m tests.load.accuracy FOLDER [--judged N] [--wanted N] [--learned N] …

FOLDER is what ``lazaretto train`` reads.  Each source in turn is left out; all three learn from the same
``learned`` messages of either kind of every other source (peers: their Bayes; ours: words, form and
weights of rules, from the priors that people gave) and judge the same ``judged`` unwanted and ``wanted``
wanted messages of the one left out.  ``all`` takes every message.  Phishing-pot is judged by what all others
taught, never learned from, against the wanted mail that was judged.  Near-duplicates count once.  Peers run
with their shipped rules and without network.  With 150, 150 and 300 it takes about ten minutes on two idle
processors.
"""

from __future__ import annotations

import argparse
import csv
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
from lazaretto.run.training_samples import OWN, collect
from tests.load.peers_learning import Rspamd, SpamAssassin
from tests.load.resampling import Judged, Limits, catch_of, drawn_weights, lead_of

POT: Final = "phishing-pot"
SOURCES: Final = ("classic", "csdmc2010", "lists", "trec07")
POOLED: Final = "pooled"
"""One threshold for all."""


class Judge(Protocol):
    """What learns and gives scores."""

    name: str
    threshold: float
    """The score from which it calls mail spam as shipped."""

    def learn(self, left_out: str, spam: Sequence[Path], ham: Sequence[Path]) -> None:
        """Forget everything and learn from these."""

    def scores(self, files: Sequence[Path]) -> list[float]:
        """Return a score for each of ``files``; higher is worse."""

    def close(self) -> None:
        """Leave nothing behind."""


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

    def __init__(self, folder: Path, messages: Iterable[Message], looks: Path | None) -> None:
        """Look at every message once, or take what ``looks`` keeps of the whole folder."""
        chosen = {str(each.file) for each in messages}
        if looks:
            samples = collect(folder, (), 1, looks)
            files = _files_of(folder, None)
        else:
            with tempfile.TemporaryDirectory(prefix="lazaretto-accuracy-") as temporary:
                base = Path(temporary)
                _some_rows(folder, base, chosen)
                samples = collect(base, (), 2)
            files = _files_of(folder, chosen)
        # Letters of our own come after the messages, in whose order the samples are.
        self._row = {file: row for row, file in enumerate(files)}
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

    def close(self) -> None:
        """Leave nothing behind: there is nothing."""


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


def _files_of(folder: Path, chosen: set[str] | None) -> list[str]:
    work = labelled_files(folder / "labels.csv", None)
    return [str(each.file) for each in work if chosen is None or str(each.file) in chosen]


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


def scores_of(judge: Judge, judged: Sequence[Message], learned: Sequence[Message]) -> Any:
    """Return what ``judge`` gives each of ``judged``, taught by the other sources of ``learned``."""
    scores = np.zeros(len(judged))
    for source in (*SOURCES, POT):
        taught = [each for each in learned if each.source not in (source, POT)]
        spam = [each.file for each in taught if each.unwanted]
        ham = [each.file for each in taught if not each.unwanted]
        judge.learn(source, spam, ham)
        rows = [number for number, each in enumerate(judged) if each.source == source]
        scores[rows] = judge.scores([judged[number].file for number in rows])
    return scores


def compare(messages: Sequence[Message], scores: dict[str, Any], thresholds: dict[str, float]) -> Any:
    """Return, by judge and source, the catch at each step, our lead, and what the shipped threshold does."""
    judged = Judged(
        source=np.array([each.source for each in messages]),
        unwanted=np.array([each.unwanted for each in messages]),
        weight=np.array([each.weight for each in messages]),
    )
    draws = list(drawn_weights(judged))
    table: dict[str, Any] = {}
    for name in (*SOURCES, POT, POOLED):
        bad = judged.unwanted & ((judged.source == name) | (name == POOLED))
        good = ~judged.unwanted & ((judged.source == name) | (name in (POOLED, POT)))
        for judge, given in scores.items():
            row = {
                "n": [int(bad.sum()), int(good.sum())],
                "catch": _share(given >= thresholds[judge], judged.weight, bad),
                "fp": _share(given >= thresholds[judge], judged.weight, good),
                "catch_at": catch_of(judged, given, good, bad, draws),
            }
            if judge != Ours.name and Ours.name in scores:
                row["lead"] = lead_of(judged, (scores[Ours.name], given), good, bad, draws)
            table.setdefault(judge, {})[name] = row
    return table


def _share(over: Any, weight: Any, rows: Any) -> float:
    return round(float(weight[over & rows].sum() / max(weight[rows].sum(), 1e-9)), 4)


def _print(table: Any) -> None:
    for judge, rows in table.items():
        print(f"{judge}: per cent at what it ships, and caught where 1, 0.1, 0.01 and 0 % of wanted mail go")
        print(f"  {'left out':12}{'spam':>6}{'ham':>6}{'catch':>8}{'fp':>8}")
        for source, row in rows.items():
            bad, good = row["n"]
            print(
                f"  {source:12}{bad:>6}{good:>6}{100 * row['catch']:>8.1f}{100 * row['fp']:>8.2f}   "
                + _told(row["catch_at"])
            )
            if "lead" in row:
                print(f"  {'':20}we catch more by   {_told(row['lead'])}")


def _told(limits: Iterable[Limits]) -> str:
    return "  ".join(
        f"{100 * each.at:5.1f} ({100 * each.low:.0f} to {100 * each.high:.0f})" for each in limits
    )


def _write(file: Path, folder: Path, judged: Sequence[Message], scores: dict[str, Any]) -> None:
    with file.open("w", newline="") as out:
        writer = csv.writer(out)
        writer.writerow(["file", "source", "unwanted", "weight", *scores])
        for each, *given in zip(judged, *scores.values(), strict=True):
            name = each.file.relative_to(folder)
            writer.writerow(
                [name, each.source, int(each.unwanted), each.weight, *(f"{x:.4f}" for x in given)]
            )


def _options() -> argparse.Namespace:
    def most(word: str) -> int | None:
        return None if word == "all" else int(word)

    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("folder", type=Path, nargs="?", default=Path("build/mail"))
    parser.add_argument("--judged", type=most, default=150, help="unwanted messages of each source, or all")
    parser.add_argument("--wanted", type=most, default=150, help="wanted messages of each source, or all")
    parser.add_argument("--learned", type=most, default=300, help="messages of either kind of each source")
    parser.add_argument("--scores", type=Path, help="write the score of every message here")
    parser.add_argument("--looks", type=Path, help="what `lazaretto train --keep-looks` kept of the folder")
    return parser.parse_args()


def main() -> None:
    """Run it."""
    options = _options()
    folder = options.folder.resolve()
    messages = messages_of(folder)
    judged = [
        *sample((each for each in messages if each.unwanted), options.judged, "judged"),
        *sample((each for each in messages if not each.unwanted), options.wanted, "judged"),
    ]
    learned = sample((each for each in messages if each.source != POT), options.learned, "learned")
    scores: dict[str, Any] = {}
    thresholds: dict[str, float] = {}
    for make in (
        SpamAssassin,
        Rspamd,
        lambda: Ours(folder, {*judged, *learned}, options.looks),
    ):
        try:
            judge: Judge = make()
        except FileNotFoundError as missing:
            print(f"left out: {missing}")
            continue
        try:
            started = time.monotonic()
            scores[judge.name] = scores_of(judge, judged, learned)
            thresholds[judge.name] = judge.threshold
            print(f"{judge.name} took {time.monotonic() - started:.0f} s", flush=True)
        finally:
            judge.close()
        if options.scores:
            _write(options.scores, folder, judged, scores)
    _print(compare(judged, scores, thresholds))


if __name__ == "__main__":
    main()

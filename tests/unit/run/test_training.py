"""Training on a folder of labelled mail."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from lazaretto.core.errors import ConfigurationError
from lazaretto.detect.learned.model import written
from lazaretto.run.training import NON_COMMERCIAL, collect, train

TEXTS = {"ham": "we meet at the garden fence", "spam": "claim your casino prize today"}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    rows = []
    for name in ("north-a", "south-a", *NON_COMMERCIAL):
        for index in range(12):
            label = "ham" if index % 2 else "spam"
            file = tmp_path / f"{name}-{index}.eml"
            file.write_text(f"From: a@sender.example\nSubject: hi {index}\n\n{TEXTS[label]} {index}\n")
            rows.append((file.name, label, name, label, ""))
    with (tmp_path / "labels.csv").open("w", newline="") as out:
        csv.writer(out).writerows([("file", "label", "set", "kind", "cluster"), *rows])
    return tmp_path


def test_training_twice_gives_the_same_octets(folder: Path) -> None:
    first = train(folder, NON_COMMERCIAL, "1", 2)
    assert written(first.model) == written(train(folder, NON_COMMERCIAL, "1", 1).model)
    assert {row.fold for row in first.quality} >= {"north", "south", "own-0", "own-1"}


def test_nothing_is_learned_from_sets_that_are_left_out(folder: Path) -> None:
    sources = {sample.example.source for sample in collect(folder, NON_COMMERCIAL, 1)}
    assert sources == {"north", "south", "own"}


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        train(tmp_path, (), "1", 1)

"""Training on a folder of labelled mail."""

from __future__ import annotations

import csv
from pathlib import Path

import pytest

from lazaretto.core.errors import ConfigurationError
from lazaretto.detect.learned import model, trees
from lazaretto.run import training_samples
from lazaretto.run.training import NON_COMMERCIAL, train
from lazaretto.run.training_samples import collect

TEXTS = {"ham": "we meet at the garden fence", "spam": "claim your casino prize today"}


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(training_samples, "COPIES", 1)
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
    first, second = train(folder, (), "1", 2), train(folder, NON_COMMERCIAL, "1", 1)

    assert trees.written(first.forest) == trees.written(train(folder, (), "1", 1).forest)
    assert {(row.split, row.set_name) for row in first.quality} >= {
        ("parts", "north-a"),
        ("sources", "south-a"),
        ("parts", NON_COMMERCIAL[0]),
    }
    # What may not be learned from is measured and changes nothing.
    assert model.written(first.model).partition("\n")[2] == model.written(second.model).partition("\n")[2]


def test_sets_that_are_left_out_are_not_even_read(folder: Path) -> None:
    sources = {sample.source for sample in collect(folder, NON_COMMERCIAL, 1)}
    assert sources == {"north", "south", "own"}


def test_a_folder_without_labels_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError):
        train(tmp_path, (), "1", 1)


def test_kept_looks_give_the_same_models_without_looking_again(
    folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    shelf = tmp_path / "shelf"
    first = train(folder, (), "1", 1, shelf)
    looked: list[bytes] = []
    monkeypatch.setattr(training_samples, "view_of", looked.append)

    second = train(folder, (), "1", 1, shelf)

    assert looked == []
    assert model.written(first.model) == model.written(second.model)


def test_a_message_that_changed_is_looked_at_again(folder: Path, tmp_path: Path) -> None:
    shelf = tmp_path / "shelf"
    before = collect(folder, (), 1, shelf)
    (folder / "north-a-0.eml").write_text("From: b@sender.example\nSubject: other\n\nquite another text\n")

    after = collect(folder, (), 1, shelf)

    assert before[0].words != after[0].words
    assert before[1].words == after[1].words

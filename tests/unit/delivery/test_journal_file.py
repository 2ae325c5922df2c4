"""What was written and not settled is told after a crash; torn ends and old segments do no harm."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from lazaretto.core.queued import ComposedMessage, Outcome, RecipientOutcome, Settlement
from lazaretto.core.reply import Reply
from lazaretto.delivery import journal_file
from lazaretto.delivery.journal_file import DeliveryJournal
from lazaretto.testing.copies import NOON, TENANT, a_copy


def a_settlement(**more: object) -> Settlement:
    copy = a_copy()
    outcome = RecipientOutcome(number=0, outcome=Outcome.DELIVERED, reply=Reply(250, "2.0.0", "Ok"))
    return Settlement(lease=copy.lease, at=NOON, outcomes=(outcome,), next_at=None, **more)  # type: ignore[arg-type]


def segments(folder: Path) -> list[Path]:
    return sorted(folder.iterdir())


def test_what_was_written_is_told_again_as_it_was(tmp_path: Path) -> None:
    identity = a_copy().lease.message
    notice = ComposedMessage(
        id=identity, tenant=TENANT, reverse_path="", recipients=("a@x",), octets=b"\xff\r\n"
    )
    settlements = [a_settlement(), a_settlement(composed=(notice,))]

    journal = DeliveryJournal(tmp_path)
    for settlement in settlements:
        journal.write(settlement)

    assert list(DeliveryJournal(tmp_path).replay()) == settlements


def test_what_is_settled_is_not_told(tmp_path: Path) -> None:
    done, due = a_settlement(), a_settlement()
    journal = DeliveryJournal(tmp_path)
    journal.write(done)
    journal.write(due)

    journal.settled([done.lease])

    assert DeliveryJournal(tmp_path).replay() == (due,)


@pytest.mark.parametrize("lost", [1, 5, 40])
def test_a_torn_last_record_loses_nothing_before_it(tmp_path: Path, lost: int) -> None:
    first, last = a_settlement(), a_settlement()
    journal = DeliveryJournal(tmp_path)
    journal.write(first)
    journal.write(last)
    (path,) = segments(tmp_path)
    path.write_bytes(path.read_bytes()[:-lost])

    assert DeliveryJournal(tmp_path).replay() == (first,)


def test_a_damaged_record_is_not_believed(tmp_path: Path) -> None:
    first, last = a_settlement(), a_settlement()
    journal = DeliveryJournal(tmp_path)
    journal.write(first)
    journal.write(last)
    (path,) = segments(tmp_path)
    octets = bytearray(path.read_bytes())
    octets[-10] ^= 0xFF
    path.write_bytes(octets)

    assert DeliveryJournal(tmp_path).replay() == (first,)


def test_what_replay_told_goes_once_it_is_settled(tmp_path: Path) -> None:
    DeliveryJournal(tmp_path).write(a_settlement())

    journal = DeliveryJournal(tmp_path)
    journal.replay()
    journal.forget()

    assert segments(tmp_path) == []


def test_a_new_life_never_writes_into_an_old_segment(tmp_path: Path) -> None:
    old, new = a_settlement(), a_settlement()
    DeliveryJournal(tmp_path).write(old)
    journal = DeliveryJournal(tmp_path)

    journal.write(new)
    journal.forget()

    assert DeliveryJournal(tmp_path).replay() == (new,)


def test_segments_go_when_all_their_records_are_settled(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_file, "MAX_SEGMENT", 1_000)
    monkeypatch.setattr(journal_file, "SMALL_SEGMENT", 500)
    journal = DeliveryJournal(tmp_path)
    settlements = [a_settlement() for _ in range(50)]
    for settlement in settlements:
        journal.write(settlement)
    many = len(segments(tmp_path))

    journal.settled([settlement.lease for settlement in settlements])

    assert many > 5
    assert segments(tmp_path) == []


def test_closing_keeps_what_is_due(tmp_path: Path) -> None:
    due = a_settlement()
    journal = DeliveryJournal(tmp_path)
    journal.write(due)

    journal.close()

    assert DeliveryJournal(tmp_path).replay() == (due,)


def test_one_sync_covers_every_segment_that_was_written_since_the_last(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(journal_file, "MAX_SEGMENT", 1_000)
    synced: list[str] = []
    sync = os.fdatasync

    def watched(file: int) -> None:
        synced.append(Path(f"/proc/self/fd/{file}").readlink().name)
        sync(file)

    monkeypatch.setattr(os, "fdatasync", watched)
    journal = DeliveryJournal(tmp_path)
    for _ in range(20):
        journal.write(a_settlement())

    journal.sync()
    journal.sync()

    assert len(synced) > 2
    assert synced == [path.name for path in segments(tmp_path)]

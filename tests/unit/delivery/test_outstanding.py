"""A delivery is known until the database has it, whatever became of its lease."""

from __future__ import annotations

from dataclasses import replace

import pytest

from lazaretto.core.queued import Outcome, QueuedCopy, RecipientOutcome, Settlement
from lazaretto.core.reply import Reply
from lazaretto.delivery import outstanding
from lazaretto.delivery.outstanding import Outstanding
from lazaretto.testing.copies import NOON, a_copy


def delivered(copy: QueuedCopy, outcome: Outcome = Outcome.DELIVERED) -> Settlement:
    outcomes = tuple(
        RecipientOutcome(number=each.number, outcome=outcome, reply=Reply(250, "2.0.0", "Ok"))
        for each in copy.recipients
    )
    return Settlement(lease=copy.lease, at=NOON, outcomes=outcomes, next_at=None)


def leased_anew(copy: QueuedCopy, attempt: int = 2) -> QueuedCopy:
    return replace(copy, lease=replace(copy.lease, attempt=attempt))


@pytest.mark.parametrize("is_lost", [False, True])
def test_what_is_due_or_lost_is_settled_under_the_new_lease(is_lost: bool) -> None:
    copy, known = a_copy(), Outstanding()
    known.note(delivered(copy))
    if is_lost:
        known.lost(delivered(copy))

    assert known.renewed(leased_anew(copy)) == replace(delivered(copy), lease=leased_anew(copy).lease)


def test_what_is_written_is_forgotten() -> None:
    copy, known = a_copy(), Outstanding()
    known.note(delivered(copy))
    known.written(delivered(copy))

    assert known.renewed(leased_anew(copy)) is None


def test_a_late_offer_of_the_same_lease_is_no_new_lease() -> None:
    copy, known = a_copy(), Outstanding()
    known.note(delivered(copy))

    assert known.renewed(copy) is None


def test_an_old_settlement_that_is_lost_does_not_displace_a_newer_one() -> None:
    copy, known = a_copy(), Outstanding()
    newer = delivered(leased_anew(copy, 2))
    known.note(newer)
    known.lost(delivered(copy))
    known.written(newer)

    assert known.renewed(leased_anew(copy, 3)) is None


def test_a_deferral_is_not_kept() -> None:
    copy, known = a_copy(), Outstanding()
    known.lost(delivered(copy, Outcome.DEFERRED))

    assert known.renewed(leased_anew(copy)) is None


def test_what_was_lost_longest_ago_goes_first(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(outstanding, "_MOST_REMEMBERED", 2)
    copies, known = [a_copy() for _ in range(3)], Outstanding()
    for copy in copies:
        known.lost(delivered(copy))

    assert [known.renewed(leased_anew(copy)) is not None for copy in copies] == [False, True, True]

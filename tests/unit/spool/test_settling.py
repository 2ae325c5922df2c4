"""An outcome ends, puts off or lays to rest each recipient of a copy, and forgets none."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.core.identity import new_message_id
from lazaretto.core.places import Place
from lazaretto.core.queued import ComposedMessage, Outcome, QueueKind, RecipientOutcome, Settlement
from lazaretto.core.reply import Reply
from lazaretto.spool.changing import Changes, Numbering
from lazaretto.spool.holding import HeldRow
from lazaretto.spool.settings import SpoolSettings
from lazaretto.spool.settling import settle_one
from lazaretto.testing.messages import TENANT

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
REPLIES = {
    Outcome.DELIVERED: Reply(250, "2.0.0", "thanks"),
    Outcome.DEFERRED: Reply(451, "4.3.0", "later"),
    Outcome.FAILED: Reply(550, "5.1.1", "unknown"),
}


def a_row(recipients: int = 1, *, notify: str = "", trusted: bool = True, **more: object) -> HeldRow:
    held = [
        {
            "number": number,
            "address": f"r{number}@customer.example",
            "deliver_to": f"r{number}@customer.example",
            "notify": notify,
            "original": "",
        }
        for number in range(recipients)
    ]
    row = HeldRow(
        tenant=TENANT,
        message=new_message_id(),
        number=3,
        kind=QueueKind.DELIVER.value,
        destination="customer.example",
        direction="inbound",
        splices=None,
        next_at=NOW,
        attempt=2,
        owner=1,
        failures=0,
        expires_at=NOW + timedelta(days=7),
        last_reply="",
        received_at=NOW - timedelta(minutes=1),
        reverse_path="ann@sender.example",
        eight_bit=False,
        smtputf8=False,
        envid="",
        ret="",
        trace_header=b"",
        size=10,
        sha256=b"",
        content_kind="inline",
        content_reference="",
        wrapped_key=b"",
        key_version=1,
        return_path_trusted=trusted,
        submission=None,
        next_number=5,
        recipients=json.dumps(held),
    )
    return replace(row, **more)


def settled(row: HeldRow, *outcomes: Outcome, composed: tuple[ComposedMessage, ...] = ()) -> Changes:
    settlement = Settlement(
        lease=row.lease,
        at=NOW,
        outcomes=tuple(
            RecipientOutcome(number=number, outcome=outcome, reply=REPLIES[outcome])
            for number, outcome in enumerate(outcomes)
        ),
        next_at=NOW + timedelta(minutes=5),
        composed=composed,
    )
    return settle_one(row, settlement, Numbering(), SpoolSettings())


@given(st.lists(st.sampled_from(list(Outcome)), min_size=1, max_size=6), st.booleans())
def test_each_recipient_moves_once_or_is_put_off(outcomes: list[Outcome], trusted: bool) -> None:
    changes = settled(a_row(len(outcomes), trusted=trusted), *outcomes)

    moved = [move.number for move in changes.moves]
    put_off = [number for row in changes.put_off for number in row.recipients]
    assert sorted(moved + put_off) == list(range(len(outcomes)))
    assert bool(changes.removed) != bool(changes.put_off)
    resting = [number for row in changes.quarantine for number in row.recipients]
    assert resting == [move.number for move in changes.moves if move.place is Place.QUARANTINED]


def test_silence_about_a_recipient_is_not_an_end() -> None:
    changes = settled(a_row(2), Outcome.DELIVERED)

    assert changes.put_off[0].recipients == (1,)


def test_an_outcome_for_somebody_else_is_ignored() -> None:
    changes = settled(a_row(1), Outcome.DELIVERED, Outcome.DELIVERED)

    assert [move.number for move in changes.moves] == [0]


@pytest.mark.parametrize(
    ("row", "place"),
    [
        pytest.param(a_row(), Place.BOUNCED, id="the sender can be told"),
        pytest.param(a_row(trusted=False), Place.QUARANTINED, id="the sender may be forged"),
        pytest.param(a_row(trusted=False, reverse_path=""), Place.BOUNCED, id="there is no sender"),
    ],
)
def test_a_failure_ends_or_rests(row: HeldRow, place: Place) -> None:
    assert settled(row, Outcome.FAILED).moves[0].place is place


@pytest.mark.parametrize(
    ("row", "notices"),
    [
        pytest.param(a_row(), 1, id="first failure"),
        pytest.param(a_row(failures=1), 0, id="second failure"),
        pytest.param(a_row(notify="NEVER"), 0, id="never wanted"),
        pytest.param(a_row(notify="FAILURE"), 0, id="only failures wanted"),
        pytest.param(a_row(notify="FAILURE,DELAY"), 1, id="delay wanted"),
        pytest.param(a_row(trusted=False), 0, id="sender may be forged"),
        pytest.param(a_row(reverse_path=""), 0, id="no sender"),
        pytest.param(a_row(expires_at=NOW + timedelta(hours=1)), 0, id="ends before"),
    ],
)
def test_a_notice_of_delay_is_made_with_the_first_failure(row: HeldRow, notices: int) -> None:
    changes = settled(row, Outcome.DEFERRED)

    assert len(changes.queue) == notices
    for notice in changes.queue:
        assert (notice.kind, notice.number, notice.next_at) == (
            QueueKind.DELAY_NOTICE,
            5,
            row.received_at + timedelta(hours=4),
        )


def test_a_notice_of_delay_that_could_not_be_made_is_made_later() -> None:
    row = replace(a_row(), kind=QueueKind.DELAY_NOTICE.value)

    changes = settled(row, Outcome.DEFERRED)

    assert (changes.removed, len(changes.put_off)) == ((), 1)
    assert (changes.moves, changes.events) == ((), ())


def test_numbers_are_never_given_out_twice() -> None:
    numbering, row = Numbering(), a_row()

    assert [numbering.take(row), numbering.take(row), numbering.take(a_row())] == [5, 6, 5]
    assert {each.next_number for each in numbering.changes().numbers} == {7, 6}

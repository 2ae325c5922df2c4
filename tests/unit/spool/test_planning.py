"""Every accepted recipient is in exactly one place, and in one row that moves it on."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.core.decision import Disposition, Splice
from lazaretto.core.errors import TemporaryFailure
from lazaretto.spool.planning import (
    Leasing,
    plan_judged,
    plan_unscanned,
    read_stored_submission,
    stored_submission,
)
from lazaretto.spool.rows import packed, unpacked
from lazaretto.spool.settings import SpoolSettings
from lazaretto.testing.messages import TENANT, a_copy, a_judgement, a_submission

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LEASING = Leasing(
    owner=1,
    until=NOW + timedelta(minutes=10),
    expires_at=NOW + timedelta(days=7),
    settings=SpoolSettings(),
)
ADDRESSES = st.lists(
    st.sampled_from([f"{name}@{domain}.example" for name in "abcd" for domain in ("one", "two")]),
    min_size=1,
    max_size=8,
    unique=True,
)


@given(addresses=ADDRESSES, data=st.data())
def test_a_plan_holds_each_recipient_once(addresses: list[str], data: st.DataObject) -> None:
    submission = a_submission(*addresses)
    groups: dict[tuple[Disposition, tuple[str, ...]], list[str]] = {}
    for address in addresses:
        disposition = data.draw(st.sampled_from(list(Disposition)))
        redirected = disposition is Disposition.REDIRECT
        targets = data.draw(ADDRESSES) if redirected else []
        groups.setdefault((disposition, tuple(targets)), []).append(address)
    copies = [
        a_copy(submission, disposition, *members, deliver_to=targets)
        for (disposition, targets), members in groups.items()
    ]

    plan = plan_judged(submission, a_judgement(*copies), TENANT, NOW, LEASING)

    held = Counter(number for row in plan.queue for number in row.recipients)
    held += Counter(number for row in plan.quarantine for number in row.recipients)
    deleted = {row.number for row in plan.recipients if row.place == "deleted"}
    assert [row.number for row in plan.recipients] == list(range(len(plan.recipients)))
    assert [row.address for row in plan.recipients if not row.additional] == addresses
    assert set(held) | deleted == set(range(len(plan.recipients)))
    assert not set(held) & deleted
    assert set(held.values()) <= {1}
    for row in plan.queue:
        domains = {plan.recipients[number].deliver_to.partition("@")[2] for number in row.recipients}
        assert domains == {row.destination}
    numbers = [row.number for row in plan.queue] + [row.number for row in plan.quarantine]
    assert sorted(numbers) == list(range(plan.next_number))
    for _, targets in groups:
        assert set(targets) <= {row.deliver_to for row in plan.recipients}


def test_a_judgement_that_leaves_out_a_recipient_is_not_planned() -> None:
    submission = a_submission("a@one.example", "b@one.example")

    with pytest.raises(TemporaryFailure):
        plan_judged(
            submission,
            a_judgement(a_copy(submission, Disposition.DELIVER, "a@one.example")),
            TENANT,
            NOW,
            LEASING,
        )


def test_a_recipient_is_found_in_any_spelling() -> None:
    submission = a_submission("Bob@one.example")

    plan = plan_judged(
        submission,
        a_judgement(a_copy(submission, Disposition.DELIVER, "bob@one.example")),
        TENANT,
        NOW,
        LEASING,
    )

    assert plan.recipients[0].deliver_to == "Bob@one.example"


def test_a_message_that_nobody_gets_needs_no_content() -> None:
    submission = a_submission()

    plan = plan_judged(submission, a_judgement(a_copy(submission, Disposition.DELETE)), TENANT, NOW, LEASING)

    assert not plan.needs_content


def test_what_was_not_looked_at_is_due_at_once_and_nobodys() -> None:
    submission = a_submission("a@one.example", "b@two.example")

    (row,) = plan_unscanned(submission, TENANT, NOW, NOW + timedelta(days=7)).queue

    assert (row.next_at, row.owner, row.attempt, row.recipients) == (NOW, None, 0, (0, 1))


def test_a_submission_survives_waiting() -> None:
    submission = a_submission("a@one.example", "b@two.example")

    held = read_stored_submission(stored_submission(submission, TENANT))

    assert (held.client, held.envelope, held.legs, held.received_at) == (
        submission.client,
        submission.envelope,
        submission.legs,
        submission.received_at,
    )


@given(st.lists(st.builds(Splice, st.integers(0, 2**40), st.integers(0, 2**40), st.binary())))
def test_splices_survive_their_row(splices: list[Splice]) -> None:
    assert unpacked(packed(splices)) == tuple(splices)

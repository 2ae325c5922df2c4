"""After an attempt: what is settled, when the rest is tried again, and who is told."""

from __future__ import annotations

from datetime import datetime, timedelta

from lazaretto.core.queued import Outcome, QueuedCopy, RecipientOutcome, Settlement
from lazaretto.core.reply import Reply
from lazaretto.delivery.consequences import Attempt, Rules, settlement_of
from lazaretto.delivery.retry import Schedule
from lazaretto.testing.copies import NOON, a_copy

RULES = Rules(schedule=Schedule(), tls_give_up_after=timedelta(days=1), hostname="gw.example")
REPLIES = {
    Outcome.DELIVERED: Reply(250, "2.0.0", "Ok"),
    Outcome.DEFERRED: Reply(451, "4.3.0", "later"),
    Outcome.FAILED: Reply(550, "5.1.1", "no"),
}


def settled(copy: QueuedCopy, *outcomes: Outcome, now: datetime = NOON, **attempt: object) -> Settlement:
    told = tuple(
        RecipientOutcome(number=number, outcome=outcome, reply=REPLIES[outcome])
        for number, outcome in enumerate(outcomes)
    )
    return settlement_of(copy, Attempt(outcomes=told, **attempt), RULES, now=now, jitter=0)  # type: ignore[arg-type]


def test_what_is_delivered_is_over() -> None:
    settlement = settled(a_copy(), Outcome.DELIVERED)

    assert settlement.next_at is None
    assert settlement.composed == ()


def test_what_is_deferred_has_a_next_time_and_nobody_is_told() -> None:
    settlement = settled(a_copy(failures=2), Outcome.DEFERRED)

    assert settlement.next_at == NOON + timedelta(minutes=11.25)
    assert settlement.composed == ()


def test_a_failure_is_told_at_once_while_the_rest_goes_on() -> None:
    settlement = settled(a_copy("b@x", "c@x", "d@x"), Outcome.DELIVERED, Outcome.DEFERRED, Outcome.FAILED)

    assert settlement.next_at is not None
    (notice,) = settlement.composed
    assert b"<d@x>" in notice.octets
    assert b"<c@x>" not in notice.octets


def test_a_deferral_at_the_end_of_the_time_is_a_failure_that_is_told() -> None:
    copy = a_copy()

    settlement = settled(copy, Outcome.DEFERRED, now=copy.expires_at)

    (outcome,) = settlement.outcomes
    assert outcome.outcome is Outcome.FAILED
    assert str(outcome.reply) == "554 5.4.7 delivery time expired (451 4.3.0 later)"
    assert settlement.next_at is None
    assert len(settlement.composed) == 1


def test_a_demand_for_tls_that_nobody_meets_is_given_up_after_a_day() -> None:
    early = settled(a_copy(), Outcome.DEFERRED, tls_unmet=True)
    late = settled(a_copy(), Outcome.DEFERRED, tls_unmet=True, now=NOON + timedelta(days=1))

    assert early.outcomes[0].outcome is Outcome.DEFERRED
    assert late.outcomes[0].outcome is Outcome.FAILED
    assert late.outcomes[0].reply.enhanced == "5.7.10"


def test_a_dead_destination_is_not_tried_before_it_may_be() -> None:
    settlement = settled(a_copy(), Outcome.DEFERRED, not_before=NOON + timedelta(hours=1))

    assert settlement.next_at == NOON + timedelta(hours=1)


def test_success_is_told_where_the_next_hop_does_not_do_it() -> None:
    copy = a_copy(notify=("SUCCESS",))

    ours = settled(copy, Outcome.DELIVERED)
    theirs = settled(copy, Outcome.DELIVERED, notifies=True)

    assert b"Action: relayed" in ours.composed[0].octets
    assert theirs.composed == ()


def test_an_untrusted_return_path_is_never_told() -> None:
    copy = a_copy(return_path_trusted=False)

    assert settled(copy, Outcome.FAILED).composed == ()
    assert settled(copy, Outcome.DEFERRED, now=copy.expires_at).composed == ()

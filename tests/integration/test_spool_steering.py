"""Operators see what is in the queue by what they know of it, count it, and steer what waits."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from lazaretto.core.decision import Disposition
from lazaretto.core.envelope import Direction, Leg, Recipient
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.queued import Outcome, QueueKind, RecipientOutcome, Settlement
from lazaretto.core.reply import Reply
from lazaretto.spool.housekeeping import Housekeeping
from lazaretto.spool.queue_figures import QueueFigures
from lazaretto.spool.reconciling import reconcile
from lazaretto.spool.selection import Selection
from lazaretto.spool.steering import Steering
from lazaretto.spool.waiting import Waiting
from lazaretto.testing.messages import a_copy, a_judgement, a_submission


async def deferred(
    spool: Any,
    recipient: str = "bob@customer.example",
    *,
    tenant: int = 7,
    direction: Direction = Direction.INBOUND,
    reply: str = "later",
) -> MessageId:
    """Put one message into the queue that waits for an hour."""
    legs = (Leg(tenant=TenantId(tenant), direction=direction, recipients=(Recipient(address=recipient),)),)
    submission = a_submission(legs=legs, at=spool.clock())
    (copy,) = await spool.acceptor.commit(submission, a_judgement(a_copy(submission, Disposition.DELIVER)))
    outcome = RecipientOutcome(number=0, outcome=Outcome.DEFERRED, reply=Reply(451, "4.3.0", reply))
    next_at = spool.clock() + timedelta(hours=1)
    await spool.queue.settle([
        Settlement(lease=copy.lease, at=spool.clock(), outcomes=(outcome,), next_at=next_at)
    ])  # fmt: skip
    return submission.id


def waiting_of(spool: Any) -> Waiting:
    return Waiting(spool.pool, clock=spool.clock)


def steering_of(spool: Any) -> Steering:
    return Steering(spool.pool, clock=spool.clock)


def named(*ids: MessageId) -> Selection:
    return Selection(ids=ids)


def told(spool: Any, kind: str) -> list[tuple[str]]:
    """Return who is named in the events of a kind."""
    return spool.sql(f"SELECT payload->'details'->>'by' FROM outbox WHERE payload->>'kind' = '{kind}'")


async def test_a_waiting_copy_is_listed_with_what_it_waits_for(spool) -> None:
    identity = await deferred(spool)

    (listed,) = await waiting_of(spool).list()

    assert (listed.id, listed.kind, listed.sender) == (identity, QueueKind.DELIVER, "ann@sender.example")
    assert (listed.failures, listed.last_reply, listed.leased) == (1, "451 4.3.0 later", False)
    assert listed.recipients == ("bob@customer.example",)


@pytest.mark.parametrize(
    ("selection", "found"),
    [
        pytest.param(Selection(tenant=TenantId(8)), {"b"}, id="tenant"),
        pytest.param(Selection(domain="one.example"), {"a"}, id="domain of a recipient"),
        pytest.param(Selection(domain="sender.example"), {"a", "b", "c"}, id="domain of the sender"),
        pytest.param(Selection(destination="two.example"), {"b", "c"}, id="destination"),
        pytest.param(Selection(reason="MAILBOX full"), {"c"}, id="reason in any case"),
        pytest.param(Selection(destination="two.example", reason="later"), {"b"}, id="all of them hold"),
        pytest.param(Selection(held=False), {"a", "b"}, id="not on hold"),
        pytest.param(Selection(held=True), {"c"}, id="on hold"),
        pytest.param(Selection(domain="%"), set(), id="no wild cards"),
    ],
)
async def test_the_queue_is_listed_by_what_people_know(spool, selection: Selection, found: set[str]) -> None:
    names = {
        await deferred(spool, "x@One.Example"): "a",
        await deferred(spool, "x@two.example", tenant=8): "b",
        await deferred(spool, "x@two.example", reply="mailbox Full"): "c",
    }
    (full,) = (identity for identity, name in names.items() if name == "c")
    await steering_of(spool).hold(named(full))

    assert {names[each.id] for each in await waiting_of(spool).list(selection)} == found


async def test_an_operator_may_have_it_tried_now(spool) -> None:
    identity = await deferred(spool)
    assert await spool.queue.claim() == []

    assert await steering_of(spool).retry(named(identity), "ada") == 1

    assert len(await spool.queue.claim()) == 1
    assert told(spool, "retried") == [("ada",)]
    assert await steering_of(spool).retry(named(identity)) == 0


async def test_a_whole_destination_is_tried_now_and_nothing_else(spool) -> None:
    await deferred(spool, "x@one.example")
    for number in range(3):
        await deferred(spool, f"x{number}@two.example")

    assert await steering_of(spool).retry(Selection(destination="two.example")) == 3

    assert {copy.destination for copy in await spool.queue.claim()} == {"two.example"}


async def test_an_order_reaches_more_copies_than_one_batch(spool, monkeypatch) -> None:
    monkeypatch.setattr("lazaretto.spool.steering.BATCH", 2)
    for number in range(5):
        await deferred(spool, f"x{number}@two.example")

    assert await steering_of(spool).retry(Selection(destination="two.example")) == 5

    assert len(await spool.queue.claim()) == 5


async def test_one_tenants_order_does_not_touch_anothers_mail(spool) -> None:
    identity = await deferred(spool, tenant=8)

    assert await steering_of(spool).bounce(Selection(tenant=TenantId(7), ids=(identity,))) == 0

    assert (await waiting_of(spool).list())[0].kind is QueueKind.DELIVER


async def test_a_rerouted_copy_goes_to_other_hosts_with_the_same_recipients(spool) -> None:
    identity = await deferred(spool)

    assert await steering_of(spool).reroute(named(identity), "backup.example", by="ada") == 1

    (copy,) = await spool.queue.claim()
    assert copy.destination == "backup.example"
    assert copy.recipients[0].deliver_to == "bob@customer.example"
    assert told(spool, "rerouted") == [("ada",)]


async def test_what_is_given_up_is_handed_out_at_once_to_be_bounced(spool) -> None:
    identity = await deferred(spool)

    assert await steering_of(spool).bounce(named(identity), "ada") == 1

    (copy,) = await spool.queue.claim()
    assert (copy.lease.message, copy.kind) == (identity, QueueKind.BOUNCE)
    assert told(spool, "given_up") == [("ada",)]


async def test_a_copy_on_hold_waits_until_it_is_released(spool) -> None:
    identity = await deferred(spool)
    assert await steering_of(spool).hold(named(identity), by="ada") == 1
    spool.clock.turn(timedelta(days=2))
    assert await spool.queue.claim() == []
    assert spool.places(identity) == ["held"]
    assert await steering_of(spool).retry(named(identity)) == 0

    assert await steering_of(spool).release(named(identity), by="bob") == 1

    (copy,) = await spool.queue.claim()
    assert (copy.kind, copy.failures) == (QueueKind.DELIVER, 1)
    assert spool.places(identity) == ["ready"]
    assert (told(spool, "held"), told(spool, "released")) == ([("ada",)], [("bob",)])
    (balance,) = await reconcile(spool.pool)
    assert balance.is_right


@pytest.mark.parametrize(
    ("wanted", "goes_on_after"),
    [
        pytest.param(timedelta(hours=12), timedelta(hours=12), id="for twelve hours"),
        pytest.param(timedelta(days=30), timedelta(days=7), id="never beyond the seven days"),
        pytest.param(None, timedelta(days=7), id="until it expires"),
    ],
)
async def test_a_hold_ends_by_itself(spool, wanted: timedelta | None, goes_on_after: timedelta) -> None:
    accepted = spool.clock()
    identity = await deferred(spool)
    await steering_of(spool).hold(named(identity), None if wanted is None else accepted + wanted)
    housekeeping = Housekeeping(spool.pool, spool.store, spool.settings)

    await housekeeping.keep(accepted + goes_on_after - timedelta(minutes=1))
    assert spool.places(identity) == ["held"]
    await housekeeping.keep(accepted + goes_on_after + timedelta(minutes=1))

    spool.clock.turn(goes_on_after + timedelta(minutes=1))
    (copy,) = await spool.queue.claim()
    assert (copy.lease.message, copy.kind) == (identity, QueueKind.DELIVER)
    assert told(spool, "released") == [("time",)]


async def test_what_somebody_works_on_is_not_steered(spool) -> None:
    submission = a_submission()
    await spool.acceptor.commit(submission, a_judgement(a_copy(submission, Disposition.DELIVER)))
    steering = steering_of(spool)

    orders = (steering.retry, steering.bounce, steering.hold, steering.release)

    assert [await order(named(submission.id)) for order in orders] == [0, 0, 0, 0]
    assert await steering.reroute(named(submission.id), "backup.example") == 0


async def test_mail_that_waits_for_a_look_is_never_bounced_or_sent_elsewhere(spool) -> None:
    submission = a_submission()
    await spool.acceptor.commit(submission, None)
    spool.clock.turn(timedelta(seconds=1))

    assert await steering_of(spool).bounce(named(submission.id)) == 0
    assert await steering_of(spool).reroute(named(submission.id), "backup.example") == 0
    assert await steering_of(spool).retry(named(submission.id)) == 1


async def test_the_queue_is_counted_in_six_totals_and_twelve_figures_for_each_domain(spool) -> None:
    await deferred(spool, "x@one.example")
    spool.clock.turn(timedelta(seconds=100))
    await deferred(spool, "y@one.example")
    await deferred(spool, "z@away.example", direction=Direction.OUTBOUND)
    await spool.acceptor.commit(a_submission("w@one.example"), None)
    spool.clock.turn(timedelta(seconds=20))

    told = await QueueFigures(spool.pool, clock=spool.clock).count()

    assert {name: value for name, value in told.totals.items() if "Time" not in name} == {
        "TotalMessagesInbound": 3,
        "TotalMessagesOutbound": 1,
    }
    assert set(told.totals) == {
        "TotalMessagesInbound",
        "TotalMessagesOutbound",
        "MeanTimeInQueueInbound",
        "MeanTimeInQueueOutbound",
        "LongestTimeInInbound",
        "LongestTimeInOutbound",
    }
    assert set(told.domains) == {"one.example", "sender.example"}
    figures = told.domains["one.example"]
    assert len(figures) == 12
    assert figures["ReceiveQueueCountInbound"] == 1
    assert figures["DeliveryQueueCountInbound"] == 2
    assert figures["DeliveryQueueCountOutbound"] == 0
    spread = figures["LongestTimeInDeliveryQueueInbound"] - figures["MeanTimeInDeliveryQueueInbound"]
    assert spread == pytest.approx(50, abs=1)
    assert told.domains["sender.example"]["DeliveryQueueCountOutbound"] == 1


async def test_the_figures_of_one_tenant_are_its_own(spool) -> None:
    await deferred(spool, "x@one.example")
    await deferred(spool, "x@two.example", tenant=8)

    told = await QueueFigures(spool.pool, clock=spool.clock).count(TenantId(8))

    assert set(told.domains) == {"two.example"}
    assert told.totals["TotalMessagesInbound"] == 1


async def test_an_empty_queue_has_figures_too(spool) -> None:
    told = await QueueFigures(spool.pool, clock=spool.clock).count()

    assert set(told.totals.values()) == {0}
    assert told.domains == {}

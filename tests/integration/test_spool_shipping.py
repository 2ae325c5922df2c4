"""Each event reaches the trace once, whatever is interrupted, and a story is found by what people know."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from lazaretto.core.decision import Disposition
from lazaretto.core.envelope import Direction, Leg, Recipient
from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.identity import TenantId
from lazaretto.core.queued import Outcome, RecipientOutcome, Remote, Settlement
from lazaretto.core.reply import Reply
from lazaretto.journal.search import Search
from lazaretto.journal.shipping import Shipper
from lazaretto.journal.trace import Trace
from lazaretto.testing.messages import TENANT, a_copy, a_judgement, a_submission


async def delivered(spool, *addresses: str, **more):
    """Commit a message and deliver it; return its submission."""
    submission = a_submission(*addresses, **more)
    copies = await spool.acceptor.commit(submission, a_judgement(a_copy(submission, Disposition.DELIVER)))
    await spool.queue.settle([
        Settlement(
            lease=copy.lease,
            at=spool.clock(),
            outcomes=tuple(
                RecipientOutcome(
                    number=recipient.number,
                    outcome=Outcome.DELIVERED,
                    reply=Reply(250, "2.0.0", "thanks"),
                    remote=Remote(host="mx.customer.example", ip="192.0.2.9", port=25),
                )
                for recipient in copy.recipients
            ),
            next_at=None,
        )
        for copy in copies
    ])  # fmt: skip
    return submission


async def ship_all(spool) -> Shipper:
    shipper = Shipper(spool.pool, spool.trace_pool)
    while await shipper.ship_once():
        pass
    return shipper


async def test_the_story_of_a_delivered_message_is_whole(spool) -> None:
    submission = await delivered(spool, "Bob@customer.example")

    await ship_all(spool)

    (story,) = await Trace(spool.trace_pool).find(Search(recipient="bob@customer.example"))
    assert story.id == str(submission.id)
    assert story.message_id == "<1@sender.example>"
    assert story.sender == "ann@sender.example"
    assert story.verdict == "clean"
    assert story.reply == f"250 2.0.0 Queued as {submission.id}"
    assert [event["event"] for event in story.events] == ["received", "scanned", "delivered"]
    assert story.findings == ({"symbol": "SOME_SYMBOL", "score": 1.5, "evidence": "seen"},)
    (recipient,) = story.recipients
    assert (recipient.address, recipient.place, recipient.disposition) == (
        "Bob@customer.example",
        "delivered",
        "deliver",
    )
    assert [(a["outcome"], a["host"], a["reply"]) for a in recipient.attempts] == [
        ("delivered", "mx.customer.example", "250 2.0.0 thanks")
    ]
    assert spool.sql("SELECT count(*) FROM outbox") == [(0,)]


@pytest.mark.parametrize(
    "search",
    [
        pytest.param({"message_id": "<1@sender.example>"}, id="message id"),
        pytest.param({"message_id": "1@sender.example"}, id="message id without brackets"),
        pytest.param({"sender": "ANN@Sender.example"}, id="sender"),
        pytest.param({"subject": "ELL"}, id="part of the subject"),
        pytest.param({"client_ip": "192.0.2.7"}, id="client"),
        pytest.param({"tenant": TENANT}, id="tenant"),
        pytest.param({"sender": "sender.example"}, id="domain of the sender"),
        pytest.param({"client_ip": "192.0.2.0/24"}, id="network of the client"),
        pytest.param({"recipient": "@customer.example"}, id="domain of the recipient"),
        pytest.param({"place": "delivered", "remote": "mx.customer.example"}, id="place and next hop"),
        pytest.param({"disposition": "deliver", "symbol": "SOME_SYMBOL"}, id="disposition and symbol"),
        pytest.param({"domain": "customer.example", "place": "delivered"}, id="place in one domain"),
    ],
)
async def test_a_message_is_found_by(spool, search) -> None:
    submission = await delivered(spool)
    await ship_all(spool)

    found = await Trace(spool.trace_pool).find(Search(**search))

    assert [story.id for story in found] == [str(submission.id)]


async def test_a_tenant_sees_its_own_part_only(spool) -> None:
    legs = tuple(
        Leg(
            tenant=TenantId(number),
            direction=Direction.INBOUND,
            recipients=(Recipient(address=f"bob@t{number}.example"),),
        )
        for number in (1, 2)
    )
    submission = a_submission(legs=legs)
    copies = [
        a_copy(submission, Disposition.DELIVER, leg.recipients[0].address, tenant=leg.tenant) for leg in legs
    ]
    await spool.acceptor.commit(submission, a_judgement(*copies))
    await ship_all(spool)
    trace = Trace(spool.trace_pool)

    (own,) = await trace.find(Search(tenant=TenantId(1), id=submission.id))
    (every,) = await trace.find(Search(id=submission.id))

    assert "t2.example" not in str(own.as_json())
    assert [recipient.address for recipient in every.recipients] == ["bob@t1.example", "bob@t2.example"]
    assert await trace.find(Search(tenant=TenantId(3), id=submission.id)) == []


async def test_shipping_again_after_a_crash_adds_nothing(spool) -> None:
    await delivered(spool)
    before = spool.sql("SELECT seq, payload::text FROM outbox")
    await ship_all(spool)
    seen = spool.trace_sql("SELECT * FROM rollup_hour"), spool.trace_sql("SELECT * FROM trace_recipient")

    for seq, payload in before:
        spool.sql("INSERT INTO outbox (seq, payload) OVERRIDING SYSTEM VALUE VALUES (%s, %s)", seq, payload)
    await ship_all(spool)

    assert spool.trace_sql("SELECT count(*) FROM event") == [(3,)]
    assert (
        spool.trace_sql("SELECT * FROM rollup_hour"),
        spool.trace_sql("SELECT * FROM trace_recipient"),
    ) == seen
    assert spool.sql("SELECT count(*) FROM outbox") == [(0,)]


async def test_events_wait_while_the_trace_is_away(spool) -> None:
    await delivered(spool)
    spool.trace_sql("ALTER TABLE event RENAME TO event_away")
    try:
        with pytest.raises(TemporaryFailure):
            await ship_all(spool)
    finally:
        spool.trace_sql("ALTER TABLE event_away RENAME TO event")

    assert spool.sql("SELECT count(*) FROM outbox") == [(3,)]
    await ship_all(spool)
    assert spool.trace_sql("SELECT count(*) FROM event") == [(3,)]


async def test_an_event_that_the_trace_cannot_take_does_not_hold_up_others(spool) -> None:
    spool.sql("""INSERT INTO outbox (payload) VALUES ('{"kind": "no such kind"}')""")
    await delivered(spool)

    await ship_all(spool)

    assert spool.trace_sql("SELECT count(*) FROM event") == [(3,)]
    assert spool.sql("SELECT count(*) FROM outbox_unreadable") == [(1,)]
    spool.sql("TRUNCATE outbox_unreadable")


async def test_a_running_shipper_follows_by_itself(spool) -> None:
    shipper = asyncio.create_task(Shipper(spool.pool, spool.trace_pool).run())
    try:
        submission = await delivered(spool)
        async with asyncio.timeout(60):
            while not (found := await Trace(spool.trace_pool).find(Search(id=submission.id))):
                await asyncio.sleep(0.02)
    finally:
        shipper.cancel()
    assert found[0].recipients[0].place == "delivered"


async def test_figures_count_each_copy_once(spool) -> None:
    for _ in range(3):
        await delivered(spool, "a@customer.example", "b@customer.example")

    await ship_all(spool)

    assert spool.trace_sql("SELECT domain, direction, verdict, place, copies FROM rollup_hour") == [
        ("customer.example", "inbound", "clean", "delivered", 6)
    ]


async def test_old_messages_are_still_told_of_days_later(spool) -> None:
    submission = a_submission(at=spool.clock() - timedelta(days=6))
    await spool.acceptor.commit(submission, a_judgement(a_copy(submission, Disposition.DELIVER)))

    await ship_all(spool)

    (story,) = await Trace(spool.trace_pool).find(Search(id=submission.id))
    assert story.recipients[0].place == "ready"

"""Copies rest until they are released, deleted or expired, and each of that happens once."""

from __future__ import annotations

from datetime import timedelta
from uuid import uuid4

from lazaretto.core.decision import Disposition, Splice
from lazaretto.core.findings import Verdict
from lazaretto.core.identity import TenantId
from lazaretto.core.queued import Outcome, RecipientOutcome, Settlement
from lazaretto.core.reply import Reply
from lazaretto.journal.shipping import Shipper
from lazaretto.spool.quarantine import Quarantine
from lazaretto.testing.messages import TENANT, a_copy, a_judgement, a_submission


async def quarantined(spool, *addresses: str, reason: str = "spam"):
    """Commit a message that goes to rest; return its submission and the copy's id."""
    submission = a_submission(*addresses)
    copy = a_copy(
        submission, Disposition.QUARANTINE, reason=reason, splices=(Splice(0, 0, b"X-Spam: yes\r\n"),)
    )
    assert await spool.acceptor.commit(submission, a_judgement(copy, verdict=Verdict.SPAM)) == ()
    ((identity,),) = spool.sql("SELECT id FROM quarantine WHERE message = %s", submission.id)
    return submission, identity


def the_quarantine(spool) -> Quarantine:
    return Quarantine(spool.pool, spool.settings, clock=spool.clock)


async def test_a_copy_at_rest_is_listed_with_its_reason(spool) -> None:
    submission, identity = await quarantined(spool, "Bob@customer.example")

    (listed,) = await the_quarantine(spool).list(recipient="bob@CUSTOMER.example")

    assert (listed.id, listed.message, listed.message_id) == (identity, submission.id, "<1@sender.example>")
    assert (listed.reason, listed.verdict, listed.recipients) == ("spam", "spam", ("Bob@customer.example",))
    assert listed.expires_at - listed.quarantined_at == timedelta(days=14)
    assert await the_quarantine(spool).list(recipient="eve@customer.example") == []
    assert await the_quarantine(spool).list(tenant=TenantId(99)) == []


async def test_malware_rests_for_thirty_days(spool) -> None:
    await quarantined(spool, reason="malware")

    (listed,) = await the_quarantine(spool).list()

    assert listed.expires_at - listed.quarantined_at == timedelta(days=30)


async def test_a_released_copy_goes_out_once_and_as_it_came(spool) -> None:
    submission, identity = await quarantined(spool, "a@one.example", "b@two.example")
    quarantine = the_quarantine(spool)

    first = await quarantine.release([identity], by="admin")
    second = await quarantine.release([identity], by="admin")

    assert first == second == {identity: "released"}
    copies = await spool.queue.claim()
    assert sorted(copy.destination for copy in copies) == ["one.example", "two.example"]
    for copy in copies:
        assert copy.splices == ()
        assert await spool.store.open(copy.content) == submission.content.octets
    assert spool.events(submission.id).count("released") == 1
    assert await quarantine.list() == []


async def test_what_was_deleted_cannot_be_released(spool) -> None:
    submission, identity = await quarantined(spool)
    quarantine = the_quarantine(spool)

    assert await quarantine.delete([identity]) == {identity: "deleted"}
    assert await quarantine.release([identity]) == {identity: "deleted"}

    assert spool.places(submission.id) == ["deleted"]
    assert await spool.queue.claim() == []


async def test_strangers_ids_and_other_tenants_copies_are_not_found(spool) -> None:
    submission, identity = await quarantined(spool)
    quarantine = the_quarantine(spool)

    assert await quarantine.release([uuid4()]) == {}
    assert await quarantine.release([identity], tenant=TenantId(TENANT + 1)) == {}

    assert spool.places(submission.id) == ["quarantined"]


async def test_copies_expire_when_their_time_is_over(spool) -> None:
    submission, _ = await quarantined(spool)
    quarantine = the_quarantine(spool)

    assert await quarantine.expire(spool.clock() + timedelta(days=13)) == 0
    assert await quarantine.expire(spool.clock() + timedelta(days=14)) == 1

    assert spool.places(submission.id) == ["deleted"]
    assert spool.events(submission.id)[-1] == "expired"


async def test_two_copies_of_one_message_are_released_together(spool) -> None:
    submission = a_submission("a@one.example", "b@one.example")
    copies = [
        a_copy(submission, Disposition.QUARANTINE, address, reason="policy")
        for address in ("a@one.example", "b@one.example")
    ]
    await spool.acceptor.commit(submission, a_judgement(*copies))
    quarantine = the_quarantine(spool)

    await quarantine.release([each.id for each in await quarantine.list()])

    claimed = await spool.queue.claim()
    assert sorted(copy.recipients[0].address for copy in claimed) == ["a@one.example", "b@one.example"]


async def test_an_undeliverable_copy_can_be_released_and_come_back(spool) -> None:
    submission = a_submission()
    await spool.acceptor.commit(submission, a_judgement(a_copy(submission, Disposition.DELIVER)))
    quarantine = the_quarantine(spool)

    for _ in range(3):
        (copy,) = await spool.queue.claim_own()
        outcome = RecipientOutcome(number=0, outcome=Outcome.FAILED, reply=Reply(550, "5.1.1", "no"))
        settlement = Settlement(lease=copy.lease, at=spool.clock(), outcomes=(outcome,), next_at=None)
        assert await spool.queue.settle([settlement]) == ()
        (resting,) = await quarantine.list()
        assert resting.reason == "undeliverable"
        await quarantine.release([resting.id])
        await spool.queue.claim()

    assert spool.places(submission.id) == ["ready"]


async def test_the_trace_tells_of_rest_and_release(spool) -> None:
    _, identity = await quarantined(spool)
    shipper = Shipper(spool.pool, spool.trace_pool)
    await shipper.ship_once()
    assert spool.trace_sql("SELECT id, ended_as FROM quarantine") == [(identity, None)]

    await the_quarantine(spool).release([identity])
    await shipper.ship_once()

    assert spool.trace_sql("SELECT ended_as FROM quarantine") == [("released",)]
    assert spool.trace_sql("SELECT place, disposition FROM trace_recipient") == [("ready", "deliver")]


async def test_a_copy_that_would_have_been_refused_rests(spool) -> None:
    submission = a_submission("a@one.example", "b@one.example")
    copies = (
        a_copy(submission, Disposition.REJECT, "a@one.example"),
        a_copy(submission, Disposition.DELETE, "b@one.example", reason="spam"),
    )

    await spool.acceptor.commit(submission, a_judgement(*copies))

    assert spool.places(submission.id) == ["quarantined", "deleted"]
    assert spool.events(submission.id) == ["received", "scanned", "quarantined", "deleted"]


async def test_what_one_recipient_releases_rests_on_for_the_others(spool) -> None:
    submission, identity = await quarantined(spool, "a@one.example", "b@two.example", "c@two.example")
    quarantine = the_quarantine(spool)

    first = await quarantine.release([identity], by="a", only=["A@one.example"])
    again = await quarantine.release([identity], by="a", only=["a@one.example"])

    assert (first, again) == ({identity: "released"}, {})
    (listed,) = await quarantine.list()
    assert listed.recipients == ("b@two.example", "c@two.example")
    assert await quarantine.list(recipients=["a@one.example"]) == []
    assert [copy.id for copy in await quarantine.list(recipients=["x@y.example", "B@two.example"])] == [
        identity
    ]
    assert sorted(spool.places(submission.id)) == ["quarantined", "quarantined", "ready"]
    (queued,) = await spool.queue.claim()
    assert [recipient.address for recipient in queued.recipients] == ["a@one.example"]


async def test_when_the_last_recipient_deletes_it_nothing_rests(spool) -> None:
    submission, identity = await quarantined(spool, "a@one.example", "b@two.example")
    quarantine = the_quarantine(spool)

    await quarantine.delete([identity], only=["a@one.example"])
    left = await quarantine.delete([identity], only=["b@two.example"])

    assert left == {identity: "deleted"}
    assert await quarantine.list() == []
    assert spool.places(submission.id) == ["deleted", "deleted"]


async def test_the_search_index_knows_for_whom_a_copy_rests(spool) -> None:
    _, identity = await quarantined(spool, "a@one.example", "b@two.example")
    await the_quarantine(spool).release([identity], only=["a@one.example"])

    await Shipper(spool.pool, spool.trace_pool).ship_once()

    assert spool.trace_sql("SELECT addresses, ended_as FROM quarantine") == [(["b@two.example"], None)]

"""What is committed is claimed, delivered and settled once, and every step leaves its event."""

from __future__ import annotations

from datetime import timedelta

import pytest

from lazaretto.core.content import ReceivedContent
from lazaretto.core.decision import Disposition, Splice
from lazaretto.core.envelope import Direction, Leg, Recipient
from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.identity import TenantId
from lazaretto.core.queued import ComposedMessage, Outcome, QueuedCopy, RecipientOutcome, Settlement
from lazaretto.core.reply import Reply
from lazaretto.testing.messages import TENANT, a_copy, a_judgement, a_submission

OK = Reply(250, "2.0.0", "thanks")
LATER = Reply(451, "4.3.0", "later")
NEVER = Reply(550, "5.1.1", "unknown")


def outcome_of(number: int, outcome: Outcome) -> RecipientOutcome:
    replies = {Outcome.DELIVERED: OK, Outcome.DEFERRED: LATER, Outcome.FAILED: NEVER}
    return RecipientOutcome(number=number, outcome=outcome, reply=replies[outcome])


def a_settlement(spool, copy: QueuedCopy, *outcomes: Outcome, composed=()) -> Settlement:
    deferred = Outcome.DEFERRED in outcomes
    return Settlement(
        lease=copy.lease,
        at=spool.clock(),
        outcomes=tuple(
            outcome_of(recipient.number, outcome)
            for recipient, outcome in zip(copy.recipients, outcomes, strict=True)
        ),
        next_at=spool.clock() + timedelta(minutes=5) if deferred else None,
        composed=composed,
    )


async def accepted(spool, *addresses: str, **more) -> QueuedCopy:
    submission = a_submission(*addresses)
    judgement = a_judgement(a_copy(submission, Disposition.DELIVER), **more)
    (copy,) = await spool.acceptor.commit(submission, judgement)
    return copy


async def test_a_committed_copy_is_leased_to_its_node_and_ends_when_it_is_settled(spool) -> None:
    copy = await accepted(spool)

    assert await spool.queue.claim() == []
    assert await spool.queue.settle([a_settlement(spool, copy, Outcome.DELIVERED)]) == ()

    message = copy.lease.message
    assert spool.places(message) == ["delivered"]
    assert spool.events(message) == ["received", "scanned", "delivered"]
    assert spool.sql("SELECT count(*) FROM queue") == [(0,)]
    assert spool.sql("SELECT done_at IS NOT NULL FROM message") == [(True,)]


async def test_a_claimed_copy_is_the_one_that_was_committed(spool) -> None:
    submission = a_submission("bob@customer.example", "eve@customer.example")
    splices = (Splice(0, 0, b"X-Seen: yes\r\n"), Splice(9, 0, b"[spam] \xff"))
    judgement = a_judgement(
        a_copy(submission, Disposition.DELIVER, splices=splices), return_path_trusted=True
    )
    (committed,) = await spool.acceptor.commit(submission, judgement)

    spool.clock.turn(spool.settings.lease_time)
    (claimed,) = await spool.queue.claim()

    assert claimed.lease.attempt == committed.lease.attempt + 1
    assert claimed.splices == splices
    for field in set(QueuedCopy.__slots__) - {"lease"}:
        assert getattr(claimed, field) == getattr(committed, field), field
    assert await spool.store.open(claimed.content) == submission.content.octets


async def test_a_lost_lease_changes_nothing(spool) -> None:
    copy = await accepted(spool)
    spool.clock.turn(spool.settings.lease_time)
    (claimed,) = await spool.queue.claim()

    lost = await spool.queue.settle([a_settlement(spool, copy, Outcome.FAILED)])

    assert lost == (copy.lease,)
    assert spool.places(copy.lease.message) == ["ready"]
    assert await spool.queue.settle([a_settlement(spool, claimed, Outcome.DELIVERED)]) == ()
    assert await spool.queue.settle([a_settlement(spool, claimed, Outcome.DELIVERED)]) == (claimed.lease,)
    assert spool.events(copy.lease.message).count("delivered") == 1


async def test_a_renewed_lease_is_not_claimed_by_others(spool) -> None:
    copy = await accepted(spool)
    spool.clock.turn(spool.settings.lease_time - timedelta(seconds=1))

    assert await spool.queue.renew([copy.lease]) == ()
    spool.clock.turn(timedelta(seconds=2))

    assert await spool.queue.claim() == []


async def test_a_new_process_takes_over_what_its_node_held(spool) -> None:
    copy = await accepted(spool)

    (own,) = await spool.queue.claim_own()

    assert own.lease.attempt == copy.lease.attempt + 1
    assert await spool.queue.renew([copy.lease]) == (copy.lease,)


async def test_what_nobody_was_told_of_is_taken_and_what_is_in_hand_keeps_its_lease(spool) -> None:
    in_hand, untold = await accepted(spool), await accepted(spool)

    own = await spool.queue.claim_own(besides=[in_hand.lease])

    assert [copy.lease.message for copy in own] == [untold.lease.message]
    assert await spool.queue.renew([in_hand.lease]) == ()


async def test_a_lease_that_is_given_back_is_free_when_its_pause_is_over(spool) -> None:
    copy, lost = await accepted(spool), await accepted(spool)
    await spool.queue.claim_own(besides=[copy.lease])

    await spool.queue.give_back([copy.lease, lost.lease], timedelta(minutes=1))

    assert await spool.queue.claim() == []
    spool.clock.turn(timedelta(minutes=1))
    assert [each.lease.message for each in await spool.queue.claim()] == [copy.lease.message]


async def test_partial_outcomes_split_a_copy(spool) -> None:
    addresses = ("a@customer.example", "b@customer.example", "c@customer.example")
    copy = await accepted(spool, *addresses, return_path_trusted=True)
    outcomes = (Outcome.DELIVERED, Outcome.DEFERRED, Outcome.FAILED)

    await spool.queue.settle([a_settlement(spool, copy, *outcomes)])

    assert spool.places(copy.lease.message) == ["delivered", "ready", "bounced"]
    assert await spool.queue.claim() == []
    spool.clock.turn(timedelta(minutes=5))
    (left,) = await spool.queue.claim()
    assert [recipient.address for recipient in left.recipients] == ["b@customer.example"]
    assert left.failures == 1
    assert spool.sql("SELECT done_at FROM message") == [(None,)]


async def test_copies_are_queued_by_destination(spool) -> None:
    submission = a_submission("a@one.example", "b@two.example", "c@one.example")
    judgement = a_judgement(a_copy(submission, Disposition.DELIVER))

    copies = await spool.acceptor.commit(submission, judgement)

    assert {copy.destination: [r.address for r in copy.recipients] for copy in copies} == {
        "one.example": ["a@one.example", "c@one.example"],
        "two.example": ["b@two.example"],
    }


async def test_each_tenant_of_a_transaction_has_a_message_of_its_own(spool) -> None:
    legs = tuple(
        Leg(
            tenant=TenantId(number),
            direction=Direction.INBOUND,
            recipients=(Recipient(address=f"bob@t{number}.example"),),
        )
        for number in (1, 2)
    )
    submission = a_submission(legs=legs)
    copies = tuple(
        a_copy(submission, Disposition.DELIVER, leg.recipients[0].address, tenant=leg.tenant) for leg in legs
    )

    queued = await spool.acceptor.commit(submission, a_judgement(*copies))

    assert [copy.lease.tenant for copy in queued] == [1, 2]
    for copy in queued:
        assert await spool.store.open(copy.content) == submission.content.octets
    assert len({copy.content.wrapped_key for copy in queued}) == 2


async def test_redirected_copies_go_elsewhere_and_additional_ones_are_not_counted(spool) -> None:
    submission = a_submission("bob@customer.example")
    copies = (
        a_copy(submission, Disposition.REDIRECT, deliver_to=("desk@other.example",)),
        a_copy(submission, Disposition.DELIVER, deliver_to=("archive@vault.example",), additional=True),
    )

    queued = await spool.acceptor.commit(submission, a_judgement(*copies))

    assert [(c.recipients[0].address, c.recipients[0].deliver_to) for c in queued] == [
        ("bob@customer.example", "desk@other.example"),
        ("archive@vault.example", "archive@vault.example"),
    ]
    assert spool.sql("SELECT entry, sum(recipients) FROM ledger GROUP BY entry") == [("accepted", 1)]


async def test_a_judgement_that_forgets_a_recipient_is_not_committed(spool) -> None:
    submission = a_submission("a@customer.example", "b@customer.example")

    with pytest.raises(TemporaryFailure):
        await spool.acceptor.commit(
            submission, a_judgement(a_copy(submission, Disposition.DELIVER, "a@customer.example"))
        )

    assert spool.sql("SELECT count(*) FROM message") == [(0,)]


async def test_large_content_rests_outside_and_is_read_again(spool) -> None:
    from lazaretto.spool.content_settings import ContentSettings
    from lazaretto.spool.intake import Intake

    (spool.home / "tmp").mkdir()
    intake = Intake(spool.home / "tmp", ContentSettings())
    octets = b"Subject: big\r\n\r\n" + b"0123456789abcdef" * 20_000
    intake.write(octets)
    received: ReceivedContent = intake.finish()
    submission = a_submission(content=received)

    (copy,) = await spool.acceptor.commit(submission, a_judgement(a_copy(submission, Disposition.DELIVER)))

    assert spool.sql("SELECT count(*) FROM content") == [(0,)]
    assert b"".join([piece async for piece in spool.store.stream(copy.content)]) == octets


async def test_a_composed_message_enters_once(spool) -> None:
    composed = ComposedMessage(
        id=a_submission().id,
        tenant=TENANT,
        reverse_path="",
        recipients=("ann@sender.example",),
        octets=b"Subject: sorry\r\n\r\n",
        subject="sorry",
    )

    await spool.acceptor.commit_composed(composed)
    await spool.acceptor.commit_composed(composed)

    (copy,) = await spool.queue.claim()
    assert copy.reverse_path == ""
    assert spool.events(composed.id) == ["received"]
    assert await spool.queue.claim() == []


async def test_a_bounce_and_its_notification_are_one_transaction_and_happen_once(spool) -> None:
    copy = await accepted(spool, return_path_trusted=True)
    notice = ComposedMessage(
        id=a_submission().id,
        tenant=TENANT,
        reverse_path="",
        recipients=("ann@sender.example",),
        octets=b"Subject: undelivered\r\n\r\n",
        about=copy.lease.message,
    )
    settlement = a_settlement(spool, copy, Outcome.FAILED, composed=(notice,))

    assert await spool.queue.settle([settlement]) == ()
    assert await spool.queue.settle([settlement]) == (copy.lease,)

    assert spool.places(copy.lease.message) == ["bounced"]
    assert spool.sql("SELECT count(*) FROM message WHERE id = %s", notice.id) == [(1,)]


async def test_undeliverable_mail_of_an_untrusted_sender_comes_to_rest(spool) -> None:
    copy = await accepted(spool)

    await spool.queue.settle([a_settlement(spool, copy, Outcome.FAILED)])

    assert spool.places(copy.lease.message) == ["quarantined"]
    assert spool.sql("SELECT reason FROM quarantine") == [("undeliverable",)]
    assert spool.events(copy.lease.message) == ["received", "scanned", "bounced", "quarantined"]


async def test_a_notice_of_delay_falls_due_after_four_hours_and_not_after_delivery(spool) -> None:
    first = await accepted(spool, return_path_trusted=True)
    second = await accepted(spool, return_path_trusted=True)
    for copy in (first, second):
        await spool.queue.settle([a_settlement(spool, copy, Outcome.DEFERRED)])
    spool.clock.turn(timedelta(minutes=5))
    claimed = {copy.lease.message: copy for copy in await spool.queue.claim()}
    await spool.queue.settle([a_settlement(spool, claimed[first.lease.message], Outcome.DELIVERED)])

    spool.clock.turn(timedelta(hours=4))
    due = await spool.queue.claim()

    notices = [copy for copy in due if copy.kind.value == "delaydsn"]
    assert [copy.lease.message for copy in notices] == [second.lease.message]
    await spool.queue.settle(
        [Settlement(lease=notices[0].lease, at=spool.clock(), outcomes=(), next_at=None)]
    )
    assert spool.places(second.lease.message) == ["ready"]
    assert spool.sql("SELECT kind FROM queue") == [("deliver",)]


async def test_texts_of_strangers_do_not_break_the_commit(spool) -> None:
    submission = a_submission(reverse_path="\0nul\ud800@sender.example")

    await spool.acceptor.commit(submission, a_judgement(a_copy(submission, Disposition.DELIVER)))

    assert spool.sql("SELECT reverse_path FROM message") == [("\ufffdnul\ufffd@sender.example",)]


async def test_a_refused_message_leaves_a_story_and_no_content(spool) -> None:
    submission = a_submission()
    judgement = a_judgement(a_copy(submission, Disposition.REJECT), reference="R-1")

    await spool.acceptor.refuse(submission, judgement, Reply(550, "5.7.1", "no"))

    assert spool.events(submission.id) == ["scanned", "refused"]
    assert spool.sql(
        "SELECT payload->'details'->>'header' FROM outbox WHERE payload->>'kind' = 'refused'"
    ) == [("Subject: hello",)]
    assert spool.sql("SELECT (SELECT count(*) FROM message), (SELECT count(*) FROM content)") == [(0, 0)]

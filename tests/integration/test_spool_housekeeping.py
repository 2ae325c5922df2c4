"""What is over is removed, what somebody still needs stays readable, and every recipient is accounted for."""

from __future__ import annotations

import random
from datetime import timedelta

from lazaretto.core.decision import Disposition
from lazaretto.core.queued import ContentKind, Outcome, RecipientOutcome, Settlement
from lazaretto.core.reply import Reply
from lazaretto.journal.retention import forget_old
from lazaretto.journal.shipping import Shipper
from lazaretto.spool.content_settings import ContentSettings
from lazaretto.spool.housekeeping import Housekeeping
from lazaretto.spool.intake import Intake
from lazaretto.spool.named_references import MessageReferences
from lazaretto.spool.quarantine import Quarantine
from lazaretto.spool.reconciling import reconcile
from lazaretto.testing.messages import a_copy, a_judgement, a_submission

OK = Reply(250, "2.0.0", "thanks")


async def accept(spool, disposition: Disposition = Disposition.DELIVER, **more):
    submission = a_submission(**more)
    copies = await spool.acceptor.commit(submission, a_judgement(a_copy(submission, disposition)))
    return submission, copies


async def settle(spool, copy, outcome: Outcome = Outcome.DELIVERED) -> None:
    outcomes = tuple(
        RecipientOutcome(number=recipient.number, outcome=outcome, reply=OK) for recipient in copy.recipients
    )
    next_at = spool.clock() + timedelta(hours=4) if outcome is Outcome.DEFERRED else None
    assert (
        await spool.queue.settle([
            Settlement(lease=copy.lease, at=spool.clock(), outcomes=outcomes, next_at=next_at)
        ])
        == ()
    )  # fmt: skip


async def test_settled_messages_go_and_all_others_stay(spool) -> None:
    done, (copy,) = await accept(spool)
    await settle(spool, copy)
    waiting, (deferred,) = await accept(spool)
    await settle(spool, deferred, Outcome.DEFERRED)
    resting, _ = await accept(spool, Disposition.QUARANTINE)
    leased, _ = await accept(spool)
    house = Housekeeping(spool.pool, spool.store, spool.settings)

    assert (await house.keep(spool.clock() + timedelta(minutes=59))).purged == 0
    kept = await house.keep(spool.clock() + timedelta(hours=6))

    assert kept.purged == 1
    left = {identity for (identity,) in spool.sql("SELECT id FROM message")}
    assert left == {waiting.id, resting.id, leased.id}
    assert spool.sql("SELECT count(*) FROM recipient WHERE message = %s", done.id) == [(0,)]


async def test_content_that_outlives_its_hour_is_moved_and_its_hour_dropped(spool) -> None:
    _, (copy,) = await accept(spool)
    await settle(spool, copy)
    resting, _ = await accept(spool, Disposition.QUARANTINE)
    house = Housekeeping(spool.pool, spool.store, spool.settings)

    kept = await house.keep(spool.clock() + timedelta(hours=3))

    assert kept.moved == 1
    assert len(kept.dropped) == 1
    assert spool.sql("SELECT count(*) FROM content") == [(0,)]
    quarantine = Quarantine(spool.pool, spool.settings, clock=spool.clock)
    await quarantine.release([each.id for each in await quarantine.list()])
    (released,) = await spool.queue.claim()
    assert await spool.store.open(released.content) == resting.content.octets

    await settle(spool, released)
    await house.keep(spool.clock() + timedelta(days=3))
    assert spool.sql("SELECT count(*) FROM content_kept") == [(0,)]


async def test_content_in_files_goes_with_its_message_and_not_before(spool) -> None:
    (spool.home / "tmp").mkdir()
    intake = Intake(spool.home / "tmp", ContentSettings())
    intake.write(b"Subject: big\r\n\r\n" + b"x" * 200_000)
    _, (copy,) = await accept(spool, content=intake.finish())
    house = Housekeeping(spool.pool, spool.store, spool.settings)
    reference = copy.content.reference
    named = MessageReferences(spool.pool)

    await house.keep(spool.clock() + timedelta(hours=6))
    assert (spool.home / "content" / reference).exists()
    assert await named.named(ContentKind.FILE, [reference]) == {reference}

    await settle(spool, copy)
    await house.keep(spool.clock() + timedelta(hours=6))
    assert not (spool.home / "content" / reference).exists()
    assert await named.named(ContentKind.FILE, [reference]) == frozenset()


async def test_everything_accepted_is_accounted_for_whatever_happens(spool) -> None:
    """A random walk through all moves; the balance is right after each step."""
    chance = random.Random(7)
    house = Housekeeping(spool.pool, spool.store, spool.settings)
    quarantine = Quarantine(spool.pool, spool.settings, clock=spool.clock)
    dispositions = [Disposition.DELIVER] * 3 + [Disposition.QUARANTINE, Disposition.DELETE]
    for _ in range(40):
        submission = a_submission(
            *(f"r{n}@d{chance.randrange(2)}.example" for n in range(chance.randint(1, 4)))
        )
        copies = [
            a_copy(submission, chance.choice(dispositions), recipient.address, reason="spam")
            for recipient in submission.legs[0].recipients
        ]
        await spool.acceptor.commit(submission, a_judgement(*copies))
        spool.clock.turn(timedelta(minutes=chance.choice([1, 11])))
        for copy in await spool.queue.claim(limit=5):
            outcomes = tuple(
                RecipientOutcome(number=r.number, outcome=chance.choice(list(Outcome)), reply=OK)
                for r in copy.recipients
            )
            settlement = Settlement(
                lease=copy.lease, at=spool.clock(), outcomes=outcomes, next_at=spool.clock()
            )
            await spool.queue.settle([settlement, settlement])
        resting = await quarantine.list()
        if resting and chance.random() < 0.5:
            await chance.choice([quarantine.release, quarantine.delete])([chance.choice(resting).id])
        (balance,) = await reconcile(spool.pool)
        assert balance.is_right, balance
    await house.keep(spool.clock() + timedelta(hours=5))

    (balance,) = await reconcile(spool.pool)
    assert balance.is_right
    assert balance.accepted > 40
    assert min(balance.delivered, balance.deleted, balance.queued, balance.quarantined) > 0


async def test_a_vanished_queue_row_is_found(spool) -> None:
    await accept(spool)
    spool.sql("DELETE FROM queue")

    (balance,) = await reconcile(spool.pool)

    assert not balance.is_right
    assert (balance.orphans, balance.difference) == (1, 1)


async def test_the_trace_forgets_days_that_are_too_old(spool) -> None:
    await accept(spool, at=spool.clock() - timedelta(days=5))
    new, _ = await accept(spool)
    shipper = Shipper(spool.pool, spool.trace_pool)
    await shipper.ship_once()

    await forget_old(
        spool.trace_pool, spool.clock(), keep_trace=timedelta(days=3), keep_figures=timedelta(days=90)
    )

    assert spool.trace_sql("SELECT message FROM trace_message") == [(new.id,)]
    shipper.forget_partitions()

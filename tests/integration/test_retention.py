"""What is kept for how long, on a clock turned by hand: as promised, not an hour less, twice as once."""

from __future__ import annotations

from datetime import datetime, timedelta

from lazaretto.core.decision import Disposition
from lazaretto.core.findings import Verdict
from lazaretto.journal.retention import forget_old
from lazaretto.journal.shipping import Shipper
from lazaretto.spool.housekeeping import Housekeeping
from lazaretto.spool.quarantine import Quarantine
from lazaretto.spool.settings import SpoolSettings
from lazaretto.testing.messages import TENANT, a_copy, a_judgement, a_submission

DAY, HOUR = timedelta(days=1), timedelta(hours=1)
PROMISED = SpoolSettings()


async def rest(spool, verdict: Verdict) -> None:
    submission = a_submission(at=spool.clock())
    copy = a_copy(submission, Disposition.QUARANTINE, reason=verdict.value)
    await spool.acceptor.commit(submission, a_judgement(copy, verdict=verdict))


async def resting(spool) -> list[str]:
    found = await Quarantine(spool.pool, spool.settings, clock=spool.clock).list(tenant=TENANT)
    return sorted(each.reason for each in found)


async def forget(spool, now: datetime) -> None:
    await forget_old(
        spool.trace_pool, now, keep_trace=PROMISED.keep_trace, keep_figures=PROMISED.keep_figures
    )


async def test_spam_rests_for_fourteen_days_and_malware_for_thirty(spool) -> None:
    await rest(spool, Verdict.SPAM)
    await rest(spool, Verdict.MALWARE)
    house, start = Housekeeping(spool.pool, spool.store, spool.settings), spool.clock()
    left = {}
    # Each hour twice, and once an hour too early again: what is gone stays gone, what rests stays.
    for hours in (1, 14 * 24 - 1, 14 * 24, 14 * 24 - 1, 30 * 24 - 1, 30 * 24, 30 * 24):
        await house.keep(start + hours * HOUR)
        await house.keep(start + hours * HOUR)
        left.setdefault(hours, await resting(spool))

    assert left == {
        1: ["malware", "spam"],
        14 * 24 - 1: ["malware", "spam"],
        14 * 24: ["malware"],
        30 * 24 - 1: ["malware"],
        30 * 24: [],
    }


async def test_the_trace_is_kept_for_thirty_days_and_figures_for_twelve_months(spool) -> None:
    await rest(spool, Verdict.SPAM)
    start = spool.clock()
    shipper = Shipper(spool.pool, spool.trace_pool)
    while await shipper.ship_once():
        pass
    spool.trace_sql(
        "INSERT INTO traffic_hour VALUES (%s, date_trunc('hour', %s::timestamptz), '', 'inbound', 'all', 7)"
        " RETURNING messages",
        TENANT,
        start,
    )

    async def kept(now: datetime) -> tuple[int, int]:
        await forget(spool, now)
        await forget(spool, now)
        ((messages,),) = spool.trace_sql("SELECT count(*) FROM trace_message WHERE tenant = %s", TENANT)
        ((figures,),) = spool.trace_sql("SELECT count(*) FROM traffic_hour WHERE messages = 7")
        return messages, figures

    assert await kept(start + 30 * DAY - HOUR) == (1, 1)
    # Days go whole, when the last of them is thirty days old.
    assert await kept(start + 31 * DAY + HOUR) == (0, 1)
    assert await kept(start + 30 * DAY) == (0, 1)
    # A month more than twelve, so that the thirteenth bar of a year's chart is whole.
    assert await kept(start + 366 * DAY) == (0, 1)
    assert await kept(start + PROMISED.keep_figures + DAY) == (0, 0)
    assert timedelta(days=366) < PROMISED.keep_figures < timedelta(days=400)
    shipper.forget_partitions()

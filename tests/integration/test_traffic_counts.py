"""Figures by hour equal what searches find, whatever becomes of messages after they were counted."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from lazaretto.core.decision import Disposition
from lazaretto.core.findings import Verdict
from lazaretto.db.partitions import Span
from lazaretto.journal.search import Search
from lazaretto.journal.shipping import Shipper
from lazaretto.journal.trace import Trace
from lazaretto.journal.traffic_counts import ALL, SCANNED, TrafficCounts, place_measure, verdict_measure
from lazaretto.spool.quarantine import Quarantine
from lazaretto.testing.messages import TENANT, a_copy, a_judgement, a_submission

pytestmark = pytest.mark.integration


async def accepted(spool, disposition: Disposition, verdict: Verdict, *recipients: str):
    submission = a_submission(*recipients, at=spool.clock())
    judgement = a_judgement(a_copy(submission, disposition, reason=verdict.value), verdict=verdict)
    await spool.acceptor.commit(submission, judgement)
    return submission


async def ship_all(spool) -> None:
    shipper = Shipper(spool.pool, spool.trace_pool)
    while await shipper.ship_once():
        pass


async def figures(spool, domain: str = "") -> dict[str, int]:
    hour = Span.HOUR.start_of(spool.clock())
    counted = await TrafficCounts(spool.trace_pool).read(
        TENANT, hour - timedelta(hours=2), hour + timedelta(hours=1), domain
    )
    summed: dict[str, int] = {}
    for each in counted:
        summed[each.measure] = summed.get(each.measure, 0) + each.messages
    return summed


async def found(spool, **search) -> int:
    return len(await Trace(spool.trace_pool).find(Search(tenant=TENANT, **search)))


async def assert_equal_to_the_trace(spool, domain: str) -> dict[str, int]:
    shown = await figures(spool, domain)
    within = {"domain": domain or None}
    assert shown.get(ALL, 0) == await found(spool, **within)
    assert shown.get(SCANNED, 0) == await found(spool, scanned=True, **within)
    for verdict in Verdict:
        searched = await found(spool, verdict=verdict.value, **within)
        assert shown.get(verdict_measure(verdict.value), 0) == searched, verdict
    for place in ("ready", "quarantined", "deleted", "delivered"):
        assert shown.get(place_measure(place), 0) == await found(spool, place=place, **within), place
    return shown


@pytest.mark.parametrize("domain", ["", "customer.example", "branch.example", "foreign.example"])
async def test_figures_equal_what_a_search_finds_before_and_after_counting(spool, domain: str) -> None:
    both = ("bob@customer.example", "eve@branch.example")
    await accepted(spool, Disposition.DELIVER, Verdict.CLEAN, *both)
    await accepted(spool, Disposition.QUARANTINE, Verdict.SPAM, "bob@customer.example")
    await accepted(spool, Disposition.DELETE, Verdict.MALWARE, "eve@branch.example")
    await ship_all(spool)

    before = await assert_equal_to_the_trace(spool, domain)
    assert await TrafficCounts(spool.trace_pool).count_once(spool.clock()) == 1
    after = await assert_equal_to_the_trace(spool, domain)

    assert before == after
    assert before.get(ALL, 0) == {"": 3, "customer.example": 2, "branch.example": 2}.get(domain, 0)


async def test_a_release_moves_a_message_from_one_figure_to_another(spool) -> None:
    submission = await accepted(spool, Disposition.QUARANTINE, Verdict.SPAM, "bob@customer.example")
    await ship_all(spool)
    counts = TrafficCounts(spool.trace_pool)
    await counts.count_once(spool.clock())
    assert (await figures(spool))["place:quarantined"] == 1

    quarantine = Quarantine(spool.pool, spool.settings, clock=spool.clock)
    (copy,) = await quarantine.list(messages=[submission.id])
    await quarantine.release([copy.id])
    await ship_all(spool)

    at_once = await figures(spool)
    await counts.count_once(spool.clock())
    assert at_once == await figures(spool)
    assert ("place:quarantined" in at_once, at_once["place:ready"]) == (False, 1)


async def test_counting_twice_counts_once(spool) -> None:
    await accepted(spool, Disposition.DELIVER, Verdict.CLEAN, "bob@customer.example")
    await ship_all(spool)
    counts = TrafficCounts(spool.trace_pool)
    await counts.count_once(spool.clock())
    first = await figures(spool)

    async with spool.trace_pool.transaction() as connection:
        await connection.execute(
            "INSERT INTO traffic_to_count SELECT DISTINCT tenant, hour FROM traffic_hour"
        )
    await counts.count_once(spool.clock())

    assert await figures(spool) == first
    assert await counts.count_once(spool.clock()) == 0


async def test_an_hour_whose_messages_are_forgotten_keeps_its_figures(spool) -> None:
    await accepted(spool, Disposition.DELIVER, Verdict.CLEAN, "bob@customer.example")
    await ship_all(spool)
    counts = TrafficCounts(spool.trace_pool)
    await counts.count_once(spool.clock())
    first = await figures(spool)

    async with spool.trace_pool.transaction() as connection:
        await connection.execute("DELETE FROM trace_message")
        await connection.execute(
            "INSERT INTO traffic_to_count SELECT DISTINCT tenant, hour FROM traffic_hour"
        )
    later: datetime = spool.clock() + timedelta(days=40)
    await counts.count_once(later)

    assert await figures(spool) == first

"""Mail that nobody takes encrypted waits, is returned after the window, and the story says why."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

from lazaretto.core.identity import TenantId
from lazaretto.core.queued import Outcome, Settlement
from lazaretto.core.snapshot import NextHop, TenantSnapshot, TlsMode, TlsPartner
from lazaretto.delivery.dispatcher import Dispatcher
from lazaretto.delivery.domain_tls import domain_tls
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.testing import next_hop
from lazaretto.testing.copies import MESSAGE, NOON, FixedDirectory, FixedResolver, MemorySpool, a_copy

DOMAIN = "partner.example"


class Partners(FixedDirectory):
    """A tenant who sends to one partner by a relay of its own."""

    def by_id(self, tenant: TenantId) -> TenantSnapshot | None:
        snapshot = super().by_id(tenant)
        partner = TlsPartner(domain=DOMAIN, mode=TlsMode.ANY)
        return None if snapshot is None else replace(snapshot, tls_partners={DOMAIN: partner})


async def one_attempt(hop: next_hop.NextHop, folder: Path, after: timedelta) -> Settlement:
    spool = MemorySpool()
    spool.now = NOON + after
    settings = DeliverySettings(relay=f"127.0.0.1:{hop.port}", claim_interval=timedelta(seconds=0.02))
    directory, resolver = Partners({"own.example": (NextHop(host="mx.own.example"),)}), FixedResolver()
    dispatcher = Dispatcher(
        queue=spool,
        contents=spool,
        directory=directory,
        resolver=resolver,
        journal=folder / "journal",
        hostname="gw.example",
        settings=settings,
        tls_policy=domain_tls(directory, resolver, settings, folder=folder / "policies"),
        clock=lambda: spool.now,
    )
    await dispatcher.start()
    try:
        dispatcher.offer(spool.add(a_copy(f"b@{DOMAIN}", destination=DOMAIN), due=None), MESSAGE)
        async with asyncio.timeout(60):
            while not spool.settled:
                await asyncio.sleep(0.005)
    finally:
        await dispatcher.stop(2)
    return spool.settled[0]


async def test_it_waits_while_there_is_time(tmp_path: Path) -> None:
    async with next_hop.NextHop() as hop:
        settlement = await one_attempt(hop, tmp_path, timedelta(hours=1))

    (outcome,) = settlement.outcomes
    assert (outcome.outcome, outcome.reply.enhanced) == (Outcome.DEFERRED, "4.7.10")
    assert settlement.next_at is not None
    assert hop.verbs() == ["EHLO"]
    channel = outcome.remote.channel
    assert channel is not None
    assert (channel.policy, channel.failure) == ("partner any", "starttls-not-supported")
    assert (channel.advertised, channel.used) == (False, False)


async def test_it_is_returned_when_the_time_is_over(tmp_path: Path) -> None:
    async with next_hop.NextHop() as hop:
        settlement = await one_attempt(hop, tmp_path, timedelta(days=2))

    (outcome,) = settlement.outcomes
    (notice,) = settlement.composed
    assert (outcome.outcome, outcome.reply.enhanced) == (Outcome.FAILED, "5.7.10")
    assert b"5.7.10" in notice.octets
    assert hop.verbs() == ["EHLO"]

"""What was not ordered is not there."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from uuid import uuid4

import pytest

from lazaretto.core.events import Event, EventKind
from lazaretto.core.identity import new_message_id
from lazaretto.db.pool import Pool
from lazaretto.journal.shipping import Shipper
from lazaretto.spool.changing import Changes, apply
from lazaretto.spool.rows import event_row
from lazaretto.store.given import StoreSettings
from tests.portal.conftest import DOCUMENT, with_grant

pytestmark = pytest.mark.integration


@pytest.mark.parametrize(("options", "there"), [("[advanced-threats]", True), ("[data-protection]", False)])
def test_detailed_events_of_malware_are_an_option(store: StoreSettings, options: str, there: bool) -> None:
    from lazaretto.store.mailpath import mail_path

    name = f"opt-{uuid4().hex[:8]}"
    path = mail_path()
    applied = path.wait(
        path.tenants.apply(DOCUMENT.format(name=name) + f"contract: {{options: {options}}}\n", by="test")
    )
    somebody = with_grant(name, "tenant-administrator")

    async def tell() -> None:
        spool, trace = Pool(store.spool, 1), Pool(store.trace, 1)
        now = datetime.now(UTC)
        event = Event(kind=EventKind.CONVICTED, at=now, tenant=applied.tenant, message=new_message_id())
        async with spool.transaction() as connection:
            await apply(connection, [Changes(events=(event_row(event, now),))], now)
        while await Shipper(spool, trace).ship_once():
            pass
        await spool.close()
        await trace.close()

    asyncio.run(tell())

    told = somebody.get(f"/tenants/{name}/events").text
    assert ("convicted" in told) is there
    assert ("convicted" in somebody.get(f"/tenants/{name}/events?kind=convicted").text) is there

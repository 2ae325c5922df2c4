"""Letters that the portals left: put into the spool for who is known, forgotten for who is not.

Here, and not where somebody asked, it is found out whether there is such a mailbox, so that neither the
portal's answer nor the time it takes tells.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any, ClassVar, Final

import structlog

from lazaretto.core.address import domain_of
from lazaretto.core.identity import TenantId
from lazaretto.db.sql import query
from lazaretto.run.account_letters import AccountLetter, composed
from lazaretto.run.account_tables import are_made
from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.naming import host_name
from lazaretto.run.storekey import web_key
from lazaretto.run.writing_to import tenant_writing_to
from lazaretto.store.people.sealing import unseal

log = structlog.get_logger(__name__)

TOO_LATE: Final = timedelta(hours=1)
"""A link in it would be over, or nearly."""
_PURPOSE: Final = "letter"


class WritingLetters:
    """Sends links to sign in with, invitations and alarms."""

    card: ClassVar = JobCard(
        name="writing-letters",
        summary="Sends links to sign in with, invitations, and the alarm of the break-glass account",
        failure="Nobody gets a link to sign in with",
        every=timedelta(seconds=3),
        alone=True,
    )

    def __init__(self, shop: Workshop) -> None:
        self._shop = shop

    async def work(self, now: datetime) -> None:
        """Send what waits at ``now``; the same letter twice is one message."""
        if not await are_made(self._shop.control):
            return
        async with self._shop.control.connection() as connection:
            cursor = await connection.execute(query("lazaretto.run", "account_letters_waiting"))
            waiting = await cursor.fetchall()
        for row in waiting:
            await self._send(row, now)

    async def _send(self, row: tuple[Any, ...], now: datetime) -> None:
        identity, address, kind, language, sealed, left_at, is_known, granted_in = row
        tenant = self._tenant(address, is_known=is_known, granted_in=granted_in)
        if tenant is None or now - left_at > TOO_LATE:
            log.info("letter not sent", kind=kind, is_late=tenant is not None)
        else:
            says = json.loads(unseal(web_key(self._shop.home), bytes(sealed), _PURPOSE))
            letter = AccountLetter(id=identity, address=address, kind=kind, language=language, says=says)
            await self._shop.commit(composed(letter, tenant, now, host_name(self._shop.settings)))
        async with self._shop.control.transaction() as connection:
            await connection.execute(query("lazaretto.run", "account_letter_done"), {"id": identity})

    def _tenant(self, address: str, *, is_known: bool, granted_in: int | None) -> TenantId | None:
        """Return under which tenant a letter to ``address`` goes out; None = to nobody known."""
        owner = self._shop.room.directory.tenant_of(domain_of(address))
        if owner is not None:
            return owner.tenant if is_known or owner.accepts(address) else None
        if not is_known:
            return None
        named = self._shop.settings.delivery.operators_tenant
        if granted_in is not None:
            return TenantId(granted_in)
        return tenant_writing_to(address, self._shop.room.directory, named)

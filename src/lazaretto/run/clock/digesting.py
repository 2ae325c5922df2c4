"""Digests on their hour."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import ClassVar, Final

import structlog

from lazaretto.core.errors import LazarettoError
from lazaretto.core.identity import TenantId
from lazaretto.mail.scanner import view_of
from lazaretto.run.job_card import JobCard, Workshop
from lazaretto.run.people_mail.due_digests import DueDigests
from lazaretto.run.people_mail.posting import sender_of
from lazaretto.spool.kept import kept_content
from lazaretto.spool.quarantine import Quarantine, QuarantinedCopy
from lazaretto.tenants.mailboxes import LOOK_GIVEN_UP_AFTER, DigestLook, Mailboxes

log = structlog.get_logger(__name__)

_HEADER: Final = 64 << 10


class Digesting:
    """Tells people what is new in their quarantine."""

    card: ClassVar = JobCard(
        name="digesting",
        summary="Mails people what is new in their quarantine, at the hours that they or their tenant chose",
        failure="Digests come late; what they list stays in quarantine meanwhile",
        every=timedelta(minutes=5),
        alone=True,
    )

    def __init__(self, shop: Workshop) -> None:
        self._room = shop.room
        self._mailboxes = Mailboxes(shop.control)
        quarantine = Quarantine(shop.room.pool, shop.settings.spool)
        self._digests = DueDigests(quarantine, self._mailboxes, shop.commit, self._author_of, sender_of(shop))
        self._waiting: dict[TenantId, DigestLook] = {}
        """Looks at tenants that did not go to their end: the next time they are done as they were."""

    async def work(self, now: datetime) -> None:
        """Send what is due at ``now``; one tenant's trouble keeps no other from its digests."""
        look = await self._mailboxes.begin_digest_look(now)
        for snapshot in self._room.directory.all():
            theirs = self._waiting.pop(snapshot.tenant, look)
            if look.at - theirs.at > LOOK_GIVEN_UP_AFTER:
                theirs = look
            try:
                sent = await self._digests.send(snapshot, theirs)
            except LazarettoError as failure:
                log.warning("digests wait", tenant=snapshot.name, problem=str(failure))
                self._waiting[snapshot.tenant] = theirs
                continue
            if sent:
                log.info("digests sent", tenant=snapshot.name, count=sent)
        await self._mailboxes.end_digest_look(look)
        await self._mailboxes.forget(now)

    async def _author_of(self, copy: QuarantinedCopy) -> str:
        ref = await kept_content(self._room.pool, copy.message, copy.tenant)
        if ref is None:
            return ""
        octets = await self._room.contents.open(ref)
        author = view_of(octets[0 : min(_HEADER, len(octets))]).author
        if author is None:
            return ""
        return f"{author.display_name} <{author.address}>" if author.display_name else str(author.address)

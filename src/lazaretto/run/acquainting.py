"""Acquaintances of a tenant's people: learnt from the story of each message, asked about before each look."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from typing import Any, Final

import structlog

from lazaretto.core.address import domain_of, fold
from lazaretto.core.envelope import Direction, Leg
from lazaretto.core.errors import LazarettoError
from lazaretto.core.events import EventKind
from lazaretto.core.facts import Acquaintance
from lazaretto.core.findings import Verdict
from lazaretto.core.identity import TenantId
from lazaretto.core.places import Place
from lazaretto.core.snapshot import Directory, TenantSnapshot
from lazaretto.detect.vouching import was_vouched_for
from lazaretto.journal.outbox import OutboxEvent
from lazaretto.spool.contacts import Contacts, Meeting

log = structlog.get_logger(__name__)

MOST_RECIPIENTS: Final = 20
"""Recipients of one message who are asked about; who writes to more knows none of them."""
PATIENCE: Final = 1.0
"""Seconds after which a look does without."""
_HARMLESS: Final = frozenset({Verdict.CLEAN.value, Verdict.BULK.value})


class ContactTeacher:
    """Notes who had mail with whom; a failure to note it keeps nobody from anything."""

    def __init__(self, contacts: Contacts, directory: Directory) -> None:
        self._contacts = contacts
        self._directory = directory

    async def tell(self, events: Sequence[OutboxEvent]) -> None:
        """Note the meetings that ``events`` tell of."""
        try:
            await self._contacts.note(meetings_in(events, self._directory))
        except LazarettoError as failure:
            log.warning("contacts not noted", problem=str(failure))


def meetings_in(events: Iterable[OutboxEvent], directory: Directory) -> Iterator[Meeting]:
    """Yield who met whom: in harmless mail that was let through, and in what people send themselves."""
    for event in events:
        tenant = directory.by_id(TenantId(event.tenant)) if event.kind is EventKind.SCANNED else None
        if tenant is None:
            continue
        for copy in event.details.get("copies") or ():
            if copy.get("place") != Place.READY.value or copy.get("additional"):
                continue
            if copy.get("direction") == Direction.OUTBOUND.value:
                yield from _sent(event, copy, tenant)
            elif event.details.get("verdict") in _HARMLESS:
                yield from _received(event, copy, tenant)


def _received(event: OutboxEvent, copy: dict[str, Any], tenant: TenantSnapshot) -> Iterator[Meeting]:
    facts = event.details.get("facts") or {}
    authors = [str(each) for each in facts.get("authors") or ()]
    if len(authors) != 1 or domain_of(authors[0]) in tenant.domains:
        return
    mailboxes = [tenant.mailbox_of(str(each)) for each in copy.get("recipients") or ()]
    yield Meeting(
        tenant=tenant.tenant,
        person=authors[0],
        mailboxes=tuple(dict.fromkeys(mailboxes))[:MOST_RECIPIENTS],
        is_vouched=was_vouched_for(facts, domain_of(authors[0])),
        day=event.received_at.date(),
    )


def _sent(event: OutboxEvent, copy: dict[str, Any], tenant: TenantSnapshot) -> Iterator[Meeting]:
    """Yield whom somebody here wrote to: it may answer from a domain for which nobody vouches, too."""
    sender = str((event.details.get("facts") or {}).get("reverse_path") or "")
    if domain_of(sender) not in tenant.domains:
        return
    for recipient in list(copy.get("recipients") or ())[:MOST_RECIPIENTS]:
        if domain_of(str(recipient)) not in tenant.domains:
            for is_vouched in (True, False):
                yield Meeting(
                    tenant=tenant.tenant,
                    person=str(recipient),
                    mailboxes=(tenant.mailbox_of(sender),),
                    is_vouched=is_vouched,
                    day=event.received_at.date(),
                )


async def acquaintances(
    contacts: Contacts, legs: Sequence[Leg], author: str, directory: Directory, today: date
) -> tuple[Acquaintance, ...]:
    """Return what tenants of inbound ``legs`` know of ``author``; nothing where that is not known now."""
    found: list[Acquaintance] = []
    try:
        async with asyncio.timeout(PATIENCE):
            for leg in legs:
                tenant = directory.by_id(leg.tenant)
                if leg.direction is not Direction.INBOUND or tenant is None:
                    continue
                if domain_of(author) in tenant.domains:
                    continue
                mailboxes = dict.fromkeys(tenant.mailbox_of(each.address) for each in leg.recipients)
                asked = tuple(map(fold, mailboxes))[:MOST_RECIPIENTS]
                one = await contacts.acquaintance(leg.tenant, author, asked, today)
                if one is not None:
                    found.append(one)
    except (LazarettoError, TimeoutError) as failure:
        log.warning("contacts not known", problem=repr(failure))
        return ()
    return tuple(found)

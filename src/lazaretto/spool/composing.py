"""Messages of our own making: they enter the spool like any other, but twice is once."""

from __future__ import annotations

import hashlib
from datetime import datetime

from lazaretto.core.address import domain_of
from lazaretto.core.content import ReceivedContent
from lazaretto.core.decision import Summary
from lazaretto.core.envelope import Direction
from lazaretto.core.places import Place
from lazaretto.core.queued import ComposedMessage, QueueKind
from lazaretto.spool import telling
from lazaretto.spool.content import ContentStore
from lazaretto.spool.entering import content_rows, keep, message_row
from lazaretto.spool.rows import QueueRow, RecipientRow, Rows, event_row
from lazaretto.spool.settings import SpoolSettings


async def compose(
    composed: ComposedMessage, store: ContentStore, now: datetime, settings: SpoolSettings
) -> Rows:
    """Return the rows of ``composed``, due at once and owned by nobody.

    Its content goes into its row whatever its size: a notification has at most an excerpt in it.
    """
    content = ReceivedContent(
        size=len(composed.octets), sha256=hashlib.sha256(composed.octets).digest(), octets=composed.octets
    )
    kept = await keep(store, content, composed.tenant, composed.id)
    summary = Summary(subject=composed.subject, message_id=composed.message_id)
    message = message_row(
        kept.ref,
        received_at=now,
        now=now,
        next_number=len(composed.recipients),
        reverse_path=composed.reverse_path,
        eight_bit=not composed.octets.isascii(),
        smtputf8=not all(address.isascii() for address in composed.recipients),
        summary=summary,
    )
    event = telling.composed(
        tenant=composed.tenant,
        message=composed.id,
        at=now,
        reverse_path=composed.reverse_path,
        recipients=composed.recipients,
        size=content.size,
        summary=summary,
        about=composed.about,
    )
    return Rows(
        messages=(message,),
        contents=content_rows(kept, message),
        recipients=tuple(_recipient(composed, number) for number in range(len(composed.recipients))),
        queue=_queue(composed, now, settings),
        events=(event_row(event, now),),
    )


def _recipient(composed: ComposedMessage, number: int) -> RecipientRow:
    address = composed.recipients[number]
    return RecipientRow(
        tenant=composed.tenant,
        message=composed.id,
        number=number,
        address=address,
        deliver_to=address,
        notify="NEVER",
        original="",
        place=Place.READY.value,
        additional=False,
    )


def _queue(composed: ComposedMessage, now: datetime, settings: SpoolSettings) -> tuple[QueueRow, ...]:
    by_domain: dict[str, list[int]] = {}
    for number, address in enumerate(composed.recipients):
        by_domain.setdefault(domain_of(address), []).append(number)
    return tuple(
        QueueRow(
            tenant=composed.tenant,
            message=composed.id,
            number=index,
            kind=QueueKind.DELIVER,
            destination=domain,
            direction=Direction.INTERNAL.value,
            recipients=tuple(numbers),
            splices=None,
            next_at=now,
            attempt=0,
            owner=None,
            failures=0,
            expires_at=now + settings.give_up_after,
        )
        for index, (domain, numbers) in enumerate(by_domain.items())
    )

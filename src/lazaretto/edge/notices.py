"""Notices about mail that was too big: to its recipients and to their administrators.

The sender hears it from the 552.  One per tenant, sender and hour: its id is made of these, so that
several processes that notice the same send it once.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from email.utils import format_datetime
from typing import Final
from uuid import UUID, uuid5

from lazaretto.core.address import fold
from lazaretto.core.envelope import Direction
from lazaretto.core.identity import MessageId
from lazaretto.core.queued import ComposedMessage
from lazaretto.core.snapshot import MEGABYTE, TenantSnapshot
from lazaretto.edge.automatic_mail import Circumstances, automatic_mail, safe
from lazaretto.edge.notice_texts import text_in

MOST_RECIPIENTS: Final = 50
"""Recipients of one message who are told; the administrators' notice counts the others."""
_NAMESPACE: Final = UUID("6f2f6a54-1d5c-5f0e-9c55-0c7e1c7c6a11")


@dataclass(frozen=True, slots=True)
class Oversize:
    """One recipient of a message that was refused for its size."""

    tenant: TenantSnapshot
    recipient: str
    direction: Direction
    size: int
    limit: int


def notices(refused: Sequence[Oversize], about: Circumstances) -> Iterator[ComposedMessage]:
    """Yield the notices about one message to one tenant's people; ``refused`` is not empty.

    Recipients outside the platform are told nothing: they are the tenant's correspondents, not ours.
    """
    tenant, text = refused[0].tenant, text_in(refused[0].tenant.language)
    ours = tuple(each.recipient for each in refused if each.direction is Direction.INBOUND)
    if ours:
        yield _composed(refused, about, "recipient", ours[:MOST_RECIPIENTS], text.subject, text.recipient)
    if tenant.administrators:
        yield _composed(
            refused, about, "administrator", tenant.administrators, text.subject, text.administrator
        )


def _composed(
    refused: Sequence[Oversize],
    about: Circumstances,
    audience: str,
    recipients: tuple[str, ...],
    subject: str,
    words: str,
) -> ComposedMessage:
    tenant = refused[0].tenant.tenant
    identity = uuid5(_NAMESPACE, f"{tenant} {audience} {about.hour} {fold(about.reverse_path)}")
    return automatic_mail(
        MessageId(identity),
        tenant,
        recipients,
        is_among_colleagues=audience != "recipient",
        subject=subject,
        text=_filled(words, refused, about),
        about=about,
    )


def _filled(words: str, refused: Sequence[Oversize], about: Circumstances) -> str:
    first = refused[0]
    others = len(refused) - MOST_RECIPIENTS
    named = ", ".join(safe(each.recipient) for each in refused[:MOST_RECIPIENTS])
    return words.format(
        sender=safe(about.reverse_path) or "<>",
        client=f"{safe(about.client.helo) or '?'} [{about.client.ip}]",
        recipients=f"{named} (+{others})" if others > 0 else named,
        size=f"{first.size / MEGABYTE:.1f}",
        limit=f"{first.limit / MEGABYTE:.1f}",
        time=format_datetime(about.at),
    )

"""The notice to administrators that one of their senders sends too much, or too many alike.

One per tenant, limit, sender and hour, and without the sender where the limit is that of all senders of
the tenant: its id is made of these, so that several edges that notice the same send it once.
"""

from __future__ import annotations

from collections.abc import Iterator
from email.utils import format_datetime
from typing import Final
from uuid import UUID, uuid5

from lazaretto.core.address import fold
from lazaretto.core.excess import Excess, ExcessAction
from lazaretto.core.identity import MessageId
from lazaretto.core.queued import ComposedMessage
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.edge.automatic_mail import Circumstances, automatic_mail, safe
from lazaretto.edge.excess_texts import excess_text_in

_NAMESPACE: Final = UUID("0d6c9d2e-7c3b-5b19-8f53-3a5d1c0a4c55")


def excess_notices(
    tenant: TenantSnapshot, excess: Excess, action: ExcessAction, about: Circumstances
) -> Iterator[ComposedMessage]:
    """Yield the notice to the administrators of ``tenant``, in its language; nothing where it has none."""
    if not tenant.administrators:
        return
    texts = excess_text_in(tenant.language)
    whose = "" if excess.limit.is_of_all_senders else fold(about.reverse_path)
    what = f"{tenant.tenant} {excess.limit.value} {about.hour} {whose}"
    text = texts.body.format(
        sender=safe(about.reverse_path) or "<>",
        client=f"{safe(about.client.helo) or '?'} [{about.client.ip}]",
        limit=texts.limits[excess.limit].format(allowed=excess.allowed),
        time=format_datetime(about.at),
        action=texts.actions[action],
        advice=texts.ask_the_operator if excess.limit.is_platforms else texts.raise_the_limit,
    )
    yield automatic_mail(
        MessageId(uuid5(_NAMESPACE, what)),
        tenant.tenant,
        tenant.administrators,
        subject=texts.subject,
        text=text,
        about=about,
    )

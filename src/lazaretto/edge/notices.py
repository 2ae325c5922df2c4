"""Notices about mail that was too big: to its recipients and to their administrators.

The sender hears it from the 552.  A notice goes out under the null reverse path, says that a program
made it, and quotes nothing of the message, so that nobody can be made to answer it and nobody can
speak through it.  One per tenant, sender and hour: its id is made of these, so that several
processes that notice the same send it once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from uuid import UUID, uuid5

from lazaretto.core.address import fold
from lazaretto.core.envelope import Client, Direction
from lazaretto.core.identity import MessageId
from lazaretto.core.queued import ComposedMessage
from lazaretto.core.snapshot import MEGABYTE, TenantSnapshot
from lazaretto.edge.notice_texts import text_in

MOST_RECIPIENTS: Final = 50
"""Recipients of one message who are told; the administrators' notice counts the others."""
_NAMESPACE: Final = UUID("6f2f6a54-1d5c-5f0e-9c55-0c7e1c7c6a11")
_PLAIN_ADDRESS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,253}")
_UNDISCLOSED: Final = "undisclosed-recipients:;"


@dataclass(frozen=True, slots=True)
class Oversize:
    """One recipient of a message that was refused for its size."""

    tenant: TenantSnapshot
    recipient: str
    direction: Direction
    size: int
    limit: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """Who sent it, from where, and when; and under which name we speak."""

    reverse_path: str
    client: Client
    at: datetime
    host_name: str


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
    hour = f"{about.at:%Y-%m-%dT%H}"
    identity = MessageId(uuid5(_NAMESPACE, f"{tenant} {audience} {hour} {fold(about.reverse_path)}"))
    message_id = f"<{identity}@{about.host_name}>"
    message = EmailMessage(policy=SMTP)
    message["Date"] = format_datetime(about.at)
    message["From"] = f"Mail Delivery System <MAILER-DAEMON@{about.host_name}>"
    message["To"] = _shown_to(recipients, alone=audience == "recipient")
    message["Subject"] = subject
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(_filled(words, refused, about), charset="utf-8", cte="quoted-printable")
    return ComposedMessage(
        id=identity,
        tenant=tenant,
        reverse_path="",
        recipients=recipients,
        octets=message.as_bytes(),
        subject=subject,
        message_id=message_id,
    )


def _filled(words: str, refused: Sequence[Oversize], about: Circumstances) -> str:
    first = refused[0]
    others = len(refused) - MOST_RECIPIENTS
    named = ", ".join(_safe(each.recipient) for each in refused[:MOST_RECIPIENTS])
    return words.format(
        sender=_safe(about.reverse_path) or "<>",
        client=f"{_safe(about.client.helo) or '?'} [{about.client.ip}]",
        recipients=f"{named} (+{others})" if others > 0 else named,
        size=f"{first.size / MEGABYTE:.1f}",
        limit=f"{first.limit / MEGABYTE:.1f}",
        time=format_datetime(about.at),
    )


def _shown_to(recipients: tuple[str, ...], *, alone: bool) -> str:
    """Return the To field: recipients of one message need not know of one another."""
    if alone and len(recipients) > 1:
        return _UNDISCLOSED
    if not all(map(_PLAIN_ADDRESS.fullmatch, recipients)):
        return _UNDISCLOSED
    return ", ".join(recipients)


def _safe(text: str) -> str:
    """Return a stranger's ``text`` as one line that no mail program makes a link of by itself."""
    return "".join(each if each.isprintable() else "?" for each in text[:320])

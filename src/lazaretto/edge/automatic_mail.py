"""The form of every notice of the edge: null reverse path, made by a program, nothing quoted.

So nobody can be made to answer it, and nobody can speak through it.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final

from lazaretto.core.envelope import Client
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.queued import ComposedMessage

_PLAIN_ADDRESS: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}@[A-Za-z0-9.-]{1,253}")
_UNDISCLOSED: Final = "undisclosed-recipients:;"


@dataclass(frozen=True, slots=True, kw_only=True)
class Circumstances:
    """Who sent what a notice is about, from where, and when; and under which name we speak."""

    reverse_path: str
    client: Client
    at: datetime
    host_name: str

    @property
    def hour(self) -> str:
        """Part of a notice's id: there is one within it."""
        return f"{self.at:%Y-%m-%dT%H}"


def automatic_mail(
    identity: MessageId,
    tenant: TenantId,
    recipients: tuple[str, ...],
    *,
    is_among_colleagues: bool = True,
    subject: str,
    text: str,
    about: Circumstances,
) -> ComposedMessage:
    """Return a notice; its To field shows ``recipients`` to one another only ``is_among_colleagues``."""
    message_id = f"<{identity}@{about.host_name}>"
    message = EmailMessage(policy=SMTP)
    message["Date"] = format_datetime(about.at)
    message["From"] = f"Mail Delivery System <MAILER-DAEMON@{about.host_name}>"
    message["To"] = _shown(recipients, is_among_colleagues)
    message["Subject"] = subject
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    message.set_content(text, charset="utf-8", cte="quoted-printable")
    return ComposedMessage(
        id=identity,
        tenant=tenant,
        reverse_path="",
        recipients=recipients,
        octets=message.as_bytes(),
        subject=subject,
        message_id=message_id,
    )


def _shown(recipients: tuple[str, ...], is_among_colleagues: bool) -> str:
    if len(recipients) > 1 and not is_among_colleagues:
        return _UNDISCLOSED
    if not all(map(_PLAIN_ADDRESS.fullmatch, recipients)):
        return _UNDISCLOSED
    return ", ".join(recipients)


def safe(text: str) -> str:
    """Return a stranger's ``text`` as one line without controls."""
    return "".join(each if each.isprintable() else "?" for each in text[:320])

"""Letters about accounts: links to sign in with, invitations, and the alarm of the break-glass account."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from functools import cache
from importlib.resources import files
from typing import Any
from uuid import UUID

from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.queued import ComposedMessage


@cache
def _texts() -> dict[str, Any]:
    return tomllib.loads((files("lazaretto.run") / "account_letters.toml").read_text(encoding="utf-8"))


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountLetter:
    """One letter as it waits."""

    id: UUID
    address: str
    kind: str
    language: str
    says: Mapping[str, str]


def composed(letter: AccountLetter, tenant: TenantId, now: datetime, host_name: str) -> ComposedMessage:
    """Return ``letter`` as a message of ``tenant``; the same letter twice is one message."""
    languages = _texts()[letter.kind]
    text = languages.get(letter.language, languages["en"])
    subject = text["subject"]
    message_id = f"<{letter.id}@{host_name}>"
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    mail["From"] = f"Lazaretto <postmaster@{host_name}>"
    mail["To"] = letter.address if letter.address.isascii() else "undisclosed-recipients:;"
    mail["Subject"] = subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(text["text"].format_map(letter.says), charset="utf-8")
    return ComposedMessage(
        id=MessageId(letter.id),
        tenant=tenant,
        reverse_path="",
        recipients=(letter.address,),
        octets=mail.as_bytes(),
        subject=subject,
        message_id=message_id,
    )

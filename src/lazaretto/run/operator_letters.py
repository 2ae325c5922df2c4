"""Letters to the operators about what is wrong with looking: what is due, and how it reads.

What was told is not told again for a day, nor is more than one letter written in an hour, whatever mail
does to the machine.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from pathlib import Path
from typing import Final
from uuid import UUID, uuid5

from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.queued import ComposedMessage
from lazaretto.files.placing import replace_whole
from lazaretto.run.trouble_texts import BODIES, SUBJECTS, in_words
from lazaretto.run.troubles import OF_A_SET, Trouble, those_that_matter

_NAMESPACE: Final = UUID("3c1d7ad2-8c0b-5c3c-9a55-1f0c4a2b9d10")
ONE_LETTER_IN: Final = timedelta(hours=1)
AGAIN_AFTER: Final = timedelta(days=1)
MOST_LINES: Final = 50


@dataclass(frozen=True, slots=True)
class Told:
    """What the operators know, by key of the trouble, and when they were written to last."""

    at: datetime | None = None
    known: Mapping[str, datetime] = field(default_factory=dict)

    @classmethod
    def in_file(cls, file: Path) -> Told:
        """Return what is noted in ``file``; nothing where nothing (readable) is."""
        try:
            kept = json.loads(file.read_text(encoding="utf-8"))
            known = {key: datetime.fromisoformat(at) for key, at in kept["known"].items()}
            return cls(datetime.fromisoformat(kept["at"]), known)
        except (OSError, ValueError, KeyError, AttributeError, TypeError):
            return cls()

    def note(self, file: Path) -> None:
        """Write it to ``file``."""
        kept = {"at": str(self.at), "known": {key: str(at) for key, at in self.known.items()}}
        replace_whole(file, json.dumps(kept).encode() + b"\n")


def due(troubles: Iterable[Trouble], told: Told, now: datetime) -> Sequence[Trouble]:
    """Return what is to be told at ``now``, if anything."""
    if told.at is not None and now - told.at < ONE_LETTER_IN:
        return ()
    return tuple(each for each in those_that_matter(troubles, now) if _is_new(each, told))


def after_telling(troubles: Iterable[Trouble], told: Told, now: datetime) -> Told:
    """Return what is known once ``troubles`` were told at ``now``; what is over for long is forgotten."""
    recent = {key: at for key, at in told.known.items() if now - at < 30 * AGAIN_AFTER}
    return Told(now, {**recent, **{each.key: now for each in troubles}})


def letter(
    troubles: Sequence[Trouble],
    *,
    address: str,
    language: str,
    tenant: TenantId,
    node: str,
    now: datetime,
    host_name: str,
) -> ComposedMessage:
    """Return the letter about ``troubles`` to one operator; the same within an hour is one message."""
    spoken = language if language in BODIES else "en"
    identity = MessageId(uuid5(_NAMESPACE, f"{node} {address} {now:%Y-%m-%dT%H}"))
    message_id = f"<{identity}@{host_name}>"
    lines = [f"- {in_words(each, spoken)}" for each in troubles[:MOST_LINES]]
    if len(troubles) > MOST_LINES:
        lines.append(f"- (+{len(troubles) - MOST_LINES})")
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    mail["From"] = f"Lazaretto <postmaster@{host_name}>"
    mail["To"] = address if address.isascii() else "undisclosed-recipients:;"
    mail["Subject"] = SUBJECTS[spoken].format(node=node)
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    mail.set_content(BODIES[spoken].format(node=node, list="\n".join(lines)), charset="utf-8")
    return ComposedMessage(
        id=identity,
        tenant=tenant,
        reverse_path="",
        recipients=(address,),
        octets=mail.as_bytes(),
        subject=str(mail["Subject"]),
        message_id=message_id,
    )


def _is_new(trouble: Trouble, told: Told) -> bool:
    at = told.known.get(trouble.key)
    if at is None:
        return True
    # A rule that is left out stays left out; that something happens again is news after a day.
    return trouble.kind not in OF_A_SET and trouble.last - at > AGAIN_AFTER

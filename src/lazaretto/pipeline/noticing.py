"""Notices that rules order: who may be told, and what.

A notice goes out under the null reverse path and says that a program made it, so nobody answers it
and no two programs talk for ever.  A sender is told only where somebody vouches for the address, and
never about lists, bulk mail or other programs' mail.  One for each rule, audience, sender and hour:
its id is made of these, so that a flood of mail is no flood of notices, whoever notices it.  That a rule
failed is told once for each tenant and hour, as a sender chooses the addresses and names in question.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Final
from uuid import UUID, uuid5

from lazaretto.core.address import fold
from lazaretto.core.decision import Judgement, Notice
from lazaretto.core.envelope import Direction
from lazaretto.core.identity import MessageId
from lazaretto.core.queued import ComposedMessage
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.core.submission import Submission
from lazaretto.mail.view import MessageView
from lazaretto.pipeline.failed_rules import AUDIENCE as RULE_FAILURE
from lazaretto.pipeline.notice_words import BODIES, FAILURE_SUBJECTS, FATES, SUBJECTS

MOST_RECIPIENTS: Final = 50
_NAMESPACE: Final = UUID("6b6f63a5-5f5e-5d0b-8a43-6d1f0d1f8a60")
_BULK: Final = frozenset({"bulk", "list", "junk"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """A message of which notices are due."""

    submission: Submission
    judgement: Judgement
    host_name: str


def may_answer(view: MessageView | None) -> bool:
    """Tell whether a person wrote the message, as far as its header says (RFC 3834 §2)."""
    if view is None:
        return False
    automatic = view.header.decoded("auto-submitted").strip().lower()
    if automatic not in ("", "no") or "list-id" in view.header or "list-unsubscribe" in view.header:
        return False
    return view.header.decoded("precedence").strip().lower() not in _BULK


def audience_of(
    audience: str,
    snapshot: TenantSnapshot,
    direction: Direction,
    recipients: tuple[str, ...],
    reverse_path: str,
    *,
    may_tell_sender: bool,
) -> tuple[str, ...]:
    """Return who gets the notice; nobody where a notice could do harm."""
    if not reverse_path:
        # A notice about a notice: two programs that never stop.
        return ()
    if audience == "administrator":
        return snapshot.administrators
    if audience == "recipient":
        # Recipients elsewhere are the tenant's correspondents, not ours.
        return recipients[:MOST_RECIPIENTS] if direction is Direction.INBOUND else ()
    if audience == "sender" and may_tell_sender:
        return (reverse_path,)
    return ()


def notices(told: Told) -> Iterator[ComposedMessage]:
    """Yield the notices that the judgement orders."""
    for notice in told.judgement.notices:
        yield _composed(notice, told)


def _composed(notice: Notice, told: Told) -> ComposedMessage:
    submission, at = told.submission, told.submission.received_at
    sender = submission.envelope.reverse_path
    identity = _identity(notice, sender, at)
    message_id = f"<{identity}@{told.host_name}>"
    fate = FATES[notice.language][notice.disposition]
    subjects = FAILURE_SUBJECTS if notice.audience == RULE_FAILURE else SUBJECTS
    subject = subjects[notice.language].format(fate=fate)
    message = EmailMessage(policy=SMTP)
    message["Date"] = format_datetime(at)
    message["From"] = f"Mail Delivery System <MAILER-DAEMON@{told.host_name}>"
    message["To"] = "undisclosed-recipients:;"
    message["Subject"] = subject
    message["Message-ID"] = message_id
    message["Auto-Submitted"] = "auto-generated"
    message["X-Auto-Response-Suppress"] = "All"
    words = BODIES[notice.language][notice.audience].format(
        fate=fate,
        rule=_safe(notice.rule),
        sender=_safe(sender),
        recipients=", ".join(map(_safe, notice.about[:MOST_RECIPIENTS])),
        time=format_datetime(at),
        reference=submission.id,
    )
    message.set_content(words, charset="utf-8", cte="quoted-printable")
    return ComposedMessage(
        id=identity,
        tenant=notice.tenant,
        reverse_path="",
        recipients=notice.to,
        octets=message.as_bytes(),
        subject=subject,
        message_id=message_id,
        about=submission.id,
    )


def _identity(notice: Notice, sender: str, at: datetime) -> MessageId:
    hour = f"{at:%Y-%m-%dT%H}"
    if notice.audience == RULE_FAILURE:
        return MessageId(uuid5(_NAMESPACE, "\0".join((str(notice.tenant), notice.audience, hour))))
    name = "\0".join((str(notice.tenant), notice.audience, notice.rule, fold(sender), hour))
    if notice.audience == "recipient":
        name += "\0" + "\0".join(sorted(map(fold, notice.to)))
    return MessageId(uuid5(_NAMESPACE, name))


def _safe(text: str) -> str:
    """Return a stranger's ``text`` as one line of printable characters."""
    return "".join(each if each.isprintable() else "?" for each in text[:320])

"""Single mails to people: an address to confirm, a decision, the answer to a report."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from lazaretto.core.identity import TenantId
from lazaretto.core.mail_links import VALID_FOR, LinkPurpose, MailLink, sealed
from lazaretto.intelligence.report_cases import CaseState, ReportCase
from lazaretto.run.people_mail.letter import Letter, Sender, button, paragraphs, plain
from lazaretto.run.people_mail.texts import TEXTS, said


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A request for a release that was decided."""

    tenant: TenantId
    request: UUID
    address: str
    subject: str
    sender: str
    is_granted: bool
    reason: str
    """What the administrator wrote; may be empty."""


def confirmation(
    tenant: TenantId,
    mailbox: str,
    reader: str,
    asked_at: datetime,
    language: str,
    sender: Sender,
    now: datetime,
) -> Letter:
    """Return the mail to ``mailbox`` that asks whether ``reader`` may read what is held for it."""
    link = MailLink(
        purpose=LinkPurpose.ADDRESS,
        tenant=tenant,
        person=mailbox,
        item=reader,
        expires_at=now + VALID_FOR,
    )
    address = f"{sender.base_url}/d/{sealed(link, sender.key)}"
    words = said("confirm", language, reader=reader, address=mailbox)
    return Letter(
        about=f"confirm {reader} {asked_at.isoformat()}",
        tenant=tenant,
        address=mailbox,
        language=language,
        subject=said("confirm subject", language),
        text=f"{words}\n\n{address}\n\n{said('links', language)}\n",
        html=paragraphs(words)
        + button(address, said("confirm button", language))
        + paragraphs(said("links", language)),
    )


def decision_letter(asked: Asked, language: str) -> Letter:
    """Return the mail that tells somebody what their administrators decided."""
    key = "released" if asked.is_granted else "denied"
    subject = plain(asked.subject, 80) or said("no subject", language)
    words = [said(key, language, subject=subject, sender=plain(asked.sender) or "<>")]
    if asked.reason:
        words.append(said("their reason", language, reason=plain(asked.reason, 500)))
    return Letter(
        about=f"decision {asked.request}",
        tenant=asked.tenant,
        address=asked.address,
        language=language,
        subject=said(f"{key} subject", language, subject=subject),
        text="\n\n".join(words) + "\n",
        html=paragraphs(*words),
    )


def answer_letter(case: ReportCase, language: str) -> Letter:
    """Return the mail that tells a reporter what came of the report."""
    if case.state is CaseState.WAITING:
        words = [said("answer waiting", language)]
    else:
        key = f"verdict {case.verdict}"
        verdict = said(key if key in TEXTS else "verdict clean", language)
        words = [
            said("answer spam" if case.is_spam else "answer wanted", language, verdict=verdict),
            said("answer effect", language),
        ]
    return Letter(
        about=f"case {case.id} {case.state.value}",
        tenant=case.tenant,
        address=case.reporter,
        language=language,
        subject=said("answer subject", language),
        text="\n\n".join(words) + "\n",
        html=paragraphs(*words),
    )

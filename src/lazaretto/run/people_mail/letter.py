"""A mail of ours to one of a tenant's people: text and HTML that say the same, signed like all our mail."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from html import escape
from typing import Final
from uuid import UUID, uuid5

from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.queued import ComposedMessage

NAMESPACE: Final = UUID("4f0c8f53-6d0e-5a64-9c36-6d2a9c1b7f10")
BUTTON: Final = (
    "display:inline-block;padding:10px 16px;background:#0a5c8f;color:#ffffff;text-decoration:none;"
    "border-radius:6px;font-weight:bold"
)
_PAGE: Final = (
    '<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width, initial-scale=1"><title>{title}</title></head>'
    '<body style="margin:0;background:#f4f6f8"><div style="max-width:640px;margin:0 auto;padding:16px;'
    "font-family:Arial,Helvetica,sans-serif;font-size:16px;line-height:1.5;color:#1a2330;"
    'background:#ffffff">{body}</div></body></html>'
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Sender:
    """In whose name such mail goes out, and where its links lead."""

    host_name: str
    base_url: str
    key: str
    """What links are sealed with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Letter:
    """What is to be said to somebody."""

    about: str
    """What makes it one and the same: twice is once."""
    tenant: TenantId
    address: str
    language: str
    subject: str
    text: str
    html: str
    """The body's HTML; everything that strangers wrote is escaped in it."""
    unsubscribe: str = ""
    """Where one click ends such mail; empty where it cannot be ended."""
    message: MessageId | None = None


def composed(letter: Letter, sender: Sender, now: datetime) -> ComposedMessage:
    """Return ``letter`` as a message that the spool takes; it is never answered by a machine."""
    identity = MessageId(uuid5(NAMESPACE, f"{letter.tenant} {letter.address} {letter.about}"))
    message_id = f"<{identity}@{sender.host_name}>"
    mail = EmailMessage(policy=SMTP.clone(cte_type="7bit"))
    mail["From"] = f"Lazaretto <postmaster@{sender.host_name}>"
    mail["To"] = letter.address if letter.address.isascii() else "undisclosed-recipients:;"
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(now)
    mail["Message-ID"] = message_id
    mail["Auto-Submitted"] = "auto-generated"
    mail["X-Auto-Response-Suppress"] = "All"
    if letter.unsubscribe:
        # RFC 8058 §2: one click is a POST to this very address, and nothing else.
        mail["List-Unsubscribe"] = f"<{letter.unsubscribe}>"
        mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
    mail.set_content(letter.text, charset="utf-8")
    page = _PAGE.format(language=letter.language, title=escape(letter.subject), body=letter.html)
    mail.add_alternative(page, subtype="html", charset="utf-8")
    # The field is of both parts: set before, it would go with the first.
    mail["Content-Language"] = letter.language
    return ComposedMessage(
        id=identity,
        tenant=letter.tenant,
        reverse_path="",
        recipients=(letter.address,),
        octets=mail.as_bytes(),
        subject=letter.subject,
        message_id=message_id,
        about=letter.message,
    )


def plain(text: str, most: int = 120) -> str:
    """Return what a stranger wrote as one short line of which no mail program makes a link by itself."""
    line = "".join(each if each.isprintable() else " " for each in text)[:most]
    return " ".join(line.split()).replace("://", "[:]//").replace("www.", "www[.]")


def paragraphs(*texts: str) -> str:
    """Return ``texts`` as paragraphs of HTML."""
    return "".join(f'<p style="margin:0 0 16px">{escape(text)}</p>' for text in texts if text)


def button(address: str, words: str) -> str:
    """Return a link that looks like a button."""
    return f'<p style="margin:0 0 20px"><a href="{escape(address)}" style="{BUTTON}">{escape(words)}</a></p>'

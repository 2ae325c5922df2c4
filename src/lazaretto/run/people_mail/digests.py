"""One digest: what is new in somebody's quarantine, each with a link to a page that asks before it acts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from html import escape
from typing import Final
from uuid import UUID
from zoneinfo import ZoneInfo

from lazaretto.core.identity import TenantId
from lazaretto.core.mail_links import VALID_FOR, LinkPurpose, MailLink, sealed
from lazaretto.core.queued import ComposedMessage
from lazaretto.run.people_mail.letter import Letter, Sender, button, composed, paragraphs, plain
from lazaretto.run.people_mail.texts import reason_said, risk_of, said

MOST_ITEMS: Final = 50
_SMALL: Final = 'style="margin:0 0 12px;font-size:14px;color:#566374"'
_COLOURS: Final = {"low": "#566374", "raised": "#9a5b00", "high": "#b42318"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One copy of a digest."""

    copy: UUID
    author: str
    """Name and address of the From field, or the envelope's sender."""
    subject: str
    """Empty where the person may not see it."""
    reason: str
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Digest:
    """What one person is told."""

    tenant: TenantId
    address: str
    language: str
    slot: datetime
    until: datetime
    """Up to when it tells what came."""
    items: tuple[Item, ...]
    """Newest first."""
    is_first: bool = False
    time_zone: str = "UTC"
    """In which times are told."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcome:
    """Whom to greet before anything is held for them."""

    tenant: TenantId
    address: str
    language: str


def composed_welcome(welcome: Welcome, sender: Sender, now: datetime) -> ComposedMessage:
    """Return the mail that greets somebody; for the same mailbox it is the same mail at any time."""
    language = welcome.language
    unsubscribe = _link(welcome, LinkPurpose.UNSUBSCRIBE, "", sender, now)
    portal = f"{sender.base_url}/q/"
    opening = [said("welcome", language), said("nothing held", language, address=welcome.address)]
    lines = [
        *opening,
        f"{said('all', language)}: {portal}",
        f"{said('unsubscribe', language)}: {unsubscribe}",
    ]
    html = paragraphs(*opening) + button(portal, said("all", language)) + _ending(unsubscribe, language)
    letter = Letter(
        about="welcome",
        tenant=welcome.tenant,
        address=welcome.address,
        language=language,
        subject=said("welcome alone subject", language),
        text="\n\n".join(lines) + "\n",
        html=html,
        unsubscribe=unsubscribe,
    )
    return composed(letter, sender, now)


def composed_digest(digest: Digest, sender: Sender, now: datetime) -> ComposedMessage:
    """Return the mail; for the same hour and look it is the same mail, however often it is composed."""
    language, count = digest.language, len(digest.items)
    zone = ZoneInfo(digest.time_zone)
    listed = [replace(item, at=item.at.astimezone(zone)) for item in digest.items[:MOST_ITEMS]]
    more = said("more", language, count=count - len(listed)) if count > len(listed) else ""
    subject = (
        said("welcome subject", language)
        if digest.is_first
        else said("digest subject one", language)
        if count == 1
        else said("digest subject", language, count=count)
    )
    opening = [said("welcome", language)] if digest.is_first else []
    opening.append(said("digest", language, address=digest.address))
    leads = [_link(digest, LinkPurpose.ITEM, str(item.copy), sender, now) for item in listed]
    unsubscribe = _link(digest, LinkPurpose.UNSUBSCRIBE, "", sender, now)
    portal = f"{sender.base_url}/q/"
    letter = Letter(
        about=f"digest {digest.slot.isoformat()} until {digest.until.isoformat()}",
        tenant=digest.tenant,
        address=digest.address,
        language=language,
        subject=subject,
        text=_text(listed, leads, opening, more, portal, unsubscribe, language),
        html=_html(listed, leads, opening, more, portal, unsubscribe, language),
        unsubscribe=unsubscribe,
    )
    return composed(letter, sender, now)


def _text(
    items: Sequence[Item],
    leads: Sequence[str],
    opening: Sequence[str],
    more: str,
    portal: str,
    unsubscribe: str,
    language: str,
) -> str:
    lines = ["\n\n".join(opening), ""]
    for item, lead in zip(items, leads, strict=True):
        lines += [
            f"* {_subject(item, language)}",
            f"  {said('from', language)}: {plain(item.author)}   {item.at:%Y-%m-%d %H:%M}",
            f"  {said(f'risk {risk_of(item.reason)}', language)}: {reason_said(item.reason, language)}",
            f"  {said('decide', language)}: {lead}",
            "",
        ]
    lines += [more, ""] if more else []
    lines += [f"{said('all', language)}: {portal}", "", said("links", language), ""]
    lines += [f"{said('unsubscribe', language)}: {unsubscribe}", ""]
    return "\n".join(lines)


def _html(
    items: Sequence[Item],
    leads: Sequence[str],
    opening: Sequence[str],
    more: str,
    portal: str,
    unsubscribe: str,
    language: str,
) -> str:
    rows = [_row(item, lead, language) for item, lead in zip(items, leads, strict=True)]
    return (
        paragraphs(*opening)
        + '<div role="list">'
        + "".join(rows)
        + "</div>"
        + paragraphs(more)
        + button(portal, said("all", language))
        + f"<p {_SMALL}>{escape(said('links', language))}</p>"
        + _ending(unsubscribe, language)
    )


def _ending(unsubscribe: str, language: str) -> str:
    return (
        f'<p {_SMALL}><a href="{escape(unsubscribe)}" style="color:#566374">'
        f"{escape(said('unsubscribe', language))}</a></p>"
    )


def _row(item: Item, lead: str, language: str) -> str:
    risk = risk_of(item.reason)
    colour = _COLOURS[risk]
    return (
        f'<div role="listitem" style="margin:0 0 16px;padding:12px 16px;border:1px solid #d0d7de;'
        f'border-left:6px solid {colour};border-radius:6px">'
        f'<div style="font-weight:bold">{escape(_subject(item, language))}</div>'
        f"<div>{escape(plain(item.author))}</div>"
        f'<div style="font-size:14px;color:#566374">{item.at:%Y-%m-%d %H:%M}</div>'
        f'<div style="margin:4px 0 10px"><strong style="color:{colour}">'
        f"{escape(said(f'risk {risk}', language))}</strong> · "
        f"{escape(reason_said(item.reason, language))}</div>"
        f'<a href="{escape(lead)}" style="color:#0a5c8f;font-weight:bold">'
        f"{escape(said('decide', language))}</a></div>"
    )


def _subject(item: Item, language: str) -> str:
    return plain(item.subject) or said("no subject", language)


def _link(digest: Digest | Welcome, purpose: LinkPurpose, item: str, sender: Sender, now: datetime) -> str:
    link = MailLink(
        purpose=purpose,
        tenant=digest.tenant,
        person=digest.address,
        item=item,
        expires_at=now + VALID_FOR,
    )
    return f"{sender.base_url}/d/{sealed(link, sender.key)}"

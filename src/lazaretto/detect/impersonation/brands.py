"""Strangers who write under the name of a bank, carrier, shop or platform.

A name in From, in the subject or on the page counts where neither the author's domain nor a verified
signature is the brand's own.  Discussion lists are left alone: people talk about brands there.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import AuthResult, Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.brands import Brand, brands, named_in, owner_of, resembled_by
from lazaretto.detect.checks import answered, check, symbols_of
from lazaretto.detect.freemail import is_freemail
from lazaretto.mail.urls import Found
from lazaretto.mail.view import MessageView

MAX_IMAGES = 12
MAX_HOSTS = 40


def _is_from_list(message: MessageView) -> bool:
    names = message.header.names
    return "list-post" in names or "list-id" in names


def _is_theirs(brand: Brand, message: MessageView, facts: Facts) -> bool:
    """Tell whether the author or a verified signer is the brand."""
    if any(brand.owns(author.address.domain.lower()) for author in message.authors):
        return True
    return any(each.result is AuthResult.PASS and brand.owns(each.domain.lower()) for each in facts.dkim)


def _named_by(text: str, message: MessageView, facts: Facts) -> Brand | None:
    brand = named_in(text) if text else None
    return brand if brand is not None and not _is_theirs(brand, message, facts) else None


def _author_shows_brand(message: MessageView, facts: Facts) -> str | None:
    for author in message.authors[:3]:
        # "Ann via Dropbox" comes from a person; lists and sharing services write so.
        if " via " in author.display_name or _is_from_list(message):
            continue
        if _named_by(author.display_name, message, facts) is not None:
            return f"{author.display_name} <{author.address}>"
    return None


def _author_local_part_shows_brand(message: MessageView, facts: Facts) -> str | None:
    author = message.author
    if author is None or not is_freemail(author.address.domain):
        return None
    local = author.address.local.replace(".", " ").replace("_", " ").replace("-", " ")
    return str(author.address) if _named_by(local, message, facts) is not None else None


def _author_domain_like_brand(message: MessageView, facts: Facts) -> str | None:
    author = message.author
    brand = resembled_by(author.address.domain.lower()) if author is not None else None
    return f"{author.address.domain} for {brand.name}" if author is not None and brand is not None else None


def _subject_shows_brand(message: MessageView, facts: Facts) -> str | None:
    subject = message.subject[:80]
    if _is_from_list(message) or "in-reply-to" in message.header.names:
        return None
    return subject if _named_by(subject, message, facts) is not None else None


def _page_shows_brand(message: MessageView, facts: Facts) -> str | None:
    """A logo's text or the page's title is a brand and nothing else."""
    if _is_from_list(message):
        return None
    shown = [message.html.title, *(image.shown for image in message.html.images[:MAX_IMAGES])]
    for text in shown:
        if 2 < len(text) < 40 and _named_by(text, message, facts) is not None:
            return text
    return None


def _link_like_brand(message: MessageView, facts: Facts) -> str | None:
    hosts = {url.host for url in message.urls[:MAX_HOSTS] if url.found not in (Found.BARE, Found.IMAGE)}
    for host in sorted(hosts):
        brand = resembled_by(host)
        if brand is not None:
            return f"{host} for {brand.name}"
    return None


def _link_to_brand_among_strangers(message: MessageView, facts: Facts) -> str | None:
    """Shows a brand's links for confidence, and leads elsewhere as well."""
    links = [link for link in message.urls[:MAX_HOSTS] if link.found is Found.LINK]
    owners = {owner.name for link in links if (owner := owner_of(link.host)) is not None}
    author = message.author
    if len(owners) != 1 or author is None or _is_from_list(message):
        return None
    if owner_of(author.address.domain.lower()) is not None or not any(
        owner_of(link.host) is None for link in links
    ):
        return None
    name = next(iter(owners))
    shown = named_in(author.display_name) or named_in(message.subject[:80])
    return name if shown is not None and shown.name == name else None


CHECKS = (
    check(
        "FROM_BRAND_ELSEWHERE",
        "The sender's name is a known brand, the address is not",
        _author_shows_brand,
        Verdict.PHISHING,
    ),
    check(
        "FROM_BRAND_FREEMAIL",
        "A free mailbox carries the name of a known brand",
        _author_local_part_shows_brand,
        Verdict.PHISHING,
    ),
    check(
        "FROM_BRAND_LOOKALIKE",
        "The sender's domain looks like a known brand's",
        _author_domain_like_brand,
        Verdict.PHISHING,
    ),
    check(
        "SUBJECT_BRAND_ELSEWHERE",
        "The subject names a known brand that did not send it",
        _subject_shows_brand,
        Verdict.PHISHING,
    ),
    check(
        "PAGE_BRAND_ELSEWHERE",
        "Title or logo are a known brand's that did not send it",
        _page_shows_brand,
        Verdict.PHISHING,
    ),
    check(
        "LINK_BRAND_LOOKALIKE", "A link's host looks like a known brand's", _link_like_brand, Verdict.PHISHING
    ),
    check(
        "LINK_BRAND_FOR_SHOW",
        "Borrows a brand's name and links, and leads elsewhere as well",
        _link_to_brand_among_strangers,
        Verdict.PHISHING,
    ),
)


class Brands:
    """Compares names, hosts and logos with known brands."""

    card: ClassVar = DetectorCard(
        name="impersonation.brands",
        summary="Finds senders and links that borrow a known brand",
        service=Service.ANTISPAM,
        symbols=symbols_of(CHECKS),
    )

    def __init__(self) -> None:
        # Read before the first message, not while it waits.
        brands()
        named_in("warm")

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report every question whose answer is yes."""
        return answered(CHECKS, message, facts)

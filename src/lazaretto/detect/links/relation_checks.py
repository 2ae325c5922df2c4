"""How links, sender and page belong together: whose sites the reader is led to."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.brands import registered
from lazaretto.detect.checks import answered, check, symbols_of
from lazaretto.mail.urls import Found, Url
from lazaretto.mail.view import MessageView

MAX_LINKS = 60
_CLICKED = frozenset({Found.LINK, Found.FORM, Found.TEXT})
_STANDARDS = frozenset({"w3.org", "schemas.microsoft.com", "microsoft.com", "google.com", "apple.com"})
_COUNTRIES = frozenset(
    {"ru", "cn", "su", "by", "kz", "vn", "in", "ng", "br", "id", "ir", "pk", "bd", "ua", "tr"}
)


def _clicked(message: MessageView) -> list[Url]:
    links = [url for url in message.urls[:MAX_LINKS] if url.found in _CLICKED]
    return [url for url in links if url.scheme in ("http", "https") and url.host]


def _owners(message: MessageView) -> set[str]:
    return {registered(url.host) for url in _clicked(message)} - _STANDARDS


def _home(message: MessageView) -> str:
    return registered(message.author.address.domain.lower()) if message.author is not None else ""


def _is_from_list(message: MessageView) -> bool:
    names = message.header.names
    return "list-post" in names or "list-id" in names


def _one_stranger(message: MessageView, facts: Facts) -> str | None:
    """Every link of a page leads to one site, which is not the sender's."""
    if not message.html.links or _is_from_list(message):
        return None
    owners = _owners(message)
    return next(iter(owners)) if len(owners) == 1 and _home(message) not in owners else None


def _no_home(message: MessageView, facts: Facts) -> str | None:
    owners = _owners(message)
    if not owners or not message.html.tags or _is_from_list(message):
        return None
    return ", ".join(sorted(owners)[:3]) if _home(message) not in owners else None


def _all_text_is_link(message: MessageView, facts: Facts) -> str | None:
    visible = len(message.html.visible.strip())
    if visible < 30 or not message.html.links:
        return None
    shown = sum(len(link.shown) for link in message.html.links[:MAX_LINKS])
    return "" if shown > 0.8 * visible else None


def _same_target(message: MessageView, facts: Facts) -> str | None:
    targets = [link.target for link in message.html.links[:MAX_LINKS] if link.target.startswith("http")]
    return targets[0] if len(targets) > 2 and len(set(targets)) == 1 else None


def _pictures_of_strangers(message: MessageView, facts: Facts) -> str | None:
    """Pictures come from one stranger's site while links lead to another's."""
    pictures = {
        registered(url.host) for url in message.urls[:MAX_LINKS] if url.found is Found.IMAGE and url.host
    }
    owners = _owners(message)
    if len(pictures) != 1 or len(owners) != 1 or pictures == owners or _home(message) in pictures | owners:
        return None
    return f"{next(iter(pictures))}, {next(iter(owners))}"


def _foreign_country(message: MessageView, facts: Facts) -> str | None:
    home = _home(message).rpartition(".")[2]
    for url in _clicked(message):
        end = url.host.rpartition(".")[2]
        if end in _COUNTRIES and end != home:
            return url.host
    return None


def _plain_http(message: MessageView, facts: Facts) -> str | None:
    links = [link for link in _clicked(message) if link.found is Found.LINK]
    return links[0].raw if links and all(link.scheme == "http" for link in links) else None


def _long_code(message: MessageView, facts: Facts) -> str | None:
    for url in _clicked(message):
        if len(url.rest) > 200 and registered(url.host) != _home(message):
            return url.raw
    return None


def _bare_root(message: MessageView, facts: Facts) -> str | None:
    """A button that leads to a site's front page, which is not the sender's."""
    for url in _clicked(message):
        if url.found is Found.LINK and url.rest in ("", "/") and registered(url.host) != _home(message):
            return url.raw if len(message.html.links) < 4 else None
    return None


def _form_posts(message: MessageView, facts: Facts) -> str | None:
    return next((form.action for form in message.html.forms if form.action.startswith("http")), None)


def _way_out_elsewhere(message: MessageView, facts: Facts) -> str | None:
    """The way out is a link of the same stranger as the lure, and no header field offers one."""
    if "list-unsubscribe" in message.header.names or len(_owners(message)) != 1:
        return None
    for link in message.html.links[:MAX_LINKS]:
        if "unsubscri" in link.shown.lower() and _home(message) not in _owners(message):
            return link.target
    return None


CHECKS = (
    check("LINK_ONE_STRANGER", "Every link leads to one site that is not the sender's", _one_stranger),
    check("LINK_NONE_HOME", "No link leads to the sender's own site", _no_home),
    check("LINK_ALL_TEXT", "Almost all of the text is a link", _all_text_is_link),
    check("LINK_SAME_TARGET", "Several links lead to the very same place", _same_target),
    check("LINK_PICTURE_STRANGERS", "Pictures and links are of two strangers", _pictures_of_strangers),
    check("LINK_FAR_COUNTRY", "A link leads to a country that is not the sender's", _foreign_country),
    check("LINK_UNPROTECTED", "Every link is without encryption", _plain_http),
    check("LINK_LONG_CODE", "A link to a stranger carries a long code", _long_code),
    check("LINK_BARE_ROOT", "A button leads to the front page of a stranger", _bare_root),
    check("LINK_FORM_POSTS", "A form in the letter sends what is typed away", _form_posts, Verdict.PHISHING),
    check(
        "LINK_WAY_OUT_STRANGER", "The way out belongs to the same stranger as the lure", _way_out_elsewhere
    ),
)  # fmt: skip


class RelationChecks:
    """Asks whether links belong to the sender."""

    card: ClassVar = DetectorCard(
        name="links.relation",
        summary="Finds links that do not belong to the sender",
        service=Service.ANTISPAM,
        symbols=symbols_of(CHECKS),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report every question whose answer is yes."""
        return answered(CHECKS, message, facts)

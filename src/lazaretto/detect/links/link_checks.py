"""What links are made of: hosts that hide, texts that lie, places that anybody can rent for nothing."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import ClassVar
from urllib.parse import unquote

from publicsuffixlist import PublicSuffixList

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.checks import answered, check, symbols_of
from lazaretto.detect.links.places import (
    BRANDS,
    CHEAP_ENDS,
    FREE_HOSTS,
    FREE_PLACES,
    REDIRECTORS,
    SHORTENERS,
)
from lazaretto.mail.urls import Found, Url
from lazaretto.mail.view import MessageView

MAX_LINKS = 300
"""Links of one message that are looked at."""
_LEADS_ON = re.compile(r"http|%2f|url=|q=")
_SHOWN_HOST = re.compile(r"^\s*(?:https?://|www\.)([a-z0-9.-]{4,200})", re.I)
_SHOWN_DOMAIN = re.compile(
    r"^\s*((?:[a-z0-9-]+\.)+(?:com|net|org|de|fr|nl|be|uk|es|it|eu|io|ch|at))/?\s*$", re.I
)
_RUNNABLE = re.compile(r"\.(?:exe|scr|vbs|jar|iso|img|msi|bat|cmd|hta|lnk|apk|pif)(?:$|[?#])", re.I)
_RANDOM_LABEL = re.compile(r"[a-z]*\d[a-z0-9]*\d[a-z0-9]*\d[a-z0-9]*|[bcdfghjklmnpqrstvwxz]{6,}")
_USUAL_PORTS = frozenset({None, 80, 443, 8080, 8443})
_NOT_CLICKED = frozenset({Found.BARE, Found.IMAGE, Found.EMBEDDED})
_suffixes = PublicSuffixList()


@lru_cache(maxsize=8192)
def registered(host: str) -> str:
    """Return the part of ``host`` that somebody registered; ``host`` itself when there is none."""
    return _suffixes.privatesuffix(host) or host


def _web(message: MessageView) -> Iterator[Url]:
    for number, url in enumerate(message.urls):
        if number == MAX_LINKS:
            return
        if url.scheme in ("http", "https") and url.found not in _NOT_CLICKED:
            yield url


def _ip_host(message: MessageView, facts: Facts) -> str | None:
    return next((url.raw for url in _web(message) if url.is_numeric and _is_public(url.host)), None)


def _is_public(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_global
    except ValueError:  # brackets around something else
        return False


def _shortener(message: MessageView, facts: Facts) -> str | None:
    return next((url.raw for url in _web(message) if url.host.removeprefix("www.") in SHORTENERS), None)


def _userinfo(message: MessageView, facts: Facts) -> str | None:
    return next((url.raw for url in _web(message) if "." in url.userinfo), None)


def _punycode(message: MessageView, facts: Facts) -> str | None:
    return next((url.raw for url in _web(message) if "xn--" in url.host), None)


def _lying_text(message: MessageView, facts: Facts) -> str | None:
    """The text of a link is a host of somebody else than its target.

    Newsletters count clicks through hosts of their own, which is why a list of mass mailers'
    redirects must not be read as a lie: only texts that are a bare host or address count.
    """
    for link in message.html.links[:MAX_LINKS]:
        shown = _SHOWN_HOST.match(link.shown) or _SHOWN_DOMAIN.match(link.shown)
        target = _SHOWN_HOST.match(link.target)
        if shown is None or target is None:
            continue
        theirs, ours = shown[1].lower().strip("."), target[1].lower().strip(".")
        if "." in theirs and registered(theirs) != registered(ours):
            return f"{theirs} leads to {ours}"
    return None


def _borrowed_brand(message: MessageView, facts: Facts) -> str | None:
    for url in _web(message):
        owner = registered(url.host)
        words = set(re.split(r"[.-]", url.host.removesuffix(owner.partition(".")[2])))
        for word in words & BRANDS.keys():
            if owner not in BRANDS[word] and owner.partition(".")[0] != word:
                return url.raw
    return None


def _free_host(message: MessageView, facts: Facts) -> str | None:
    for url in _web(message):
        if url.host.endswith(FREE_HOSTS) or f"{url.host}{url.rest[:80]}".startswith(FREE_PLACES):
            return url.raw
    return None


def _cheap_end(message: MessageView, facts: Facts) -> str | None:
    return next((url.raw for url in _web(message) if url.host.rpartition(".")[2] in CHEAP_ENDS), None)


def _redirector(message: MessageView, facts: Facts) -> str | None:
    for url in _web(message):
        place = f"{url.host.removeprefix('www.')}{url.rest}".lower()
        if place.startswith(REDIRECTORS) and _LEADS_ON.search(place):
            return url.raw
    return None


def _names_recipient(message: MessageView, facts: Facts) -> str | None:
    recipients = [each.lower() for each in facts.recipients[:5] if len(each) > 6]
    if (field := message.first("to")) is not None:
        recipients += [m.lower() for m in re.findall(r"[\w.+-]{1,64}@[\w.-]{4,200}", field.decoded[:500])][:3]
    if not recipients:
        return None
    for url in _web(message):
        low = unquote(url.raw[:2000]).lower()
        # An address in the query is how newsletters unsubscribe; after the hash it fills in a form.
        after = low.partition("#")[2]
        if after and any(each in after for each in recipients):
            return url.raw
    return None


def _port(message: MessageView, facts: Facts) -> str | None:
    return next((url.raw for url in _web(message) if url.port not in _USUAL_PORTS), None)


def _runnable(message: MessageView, facts: Facts) -> str | None:
    return next((url.raw for url in _web(message) if _RUNNABLE.search(url.rest)), None)


def _deep_host(message: MessageView, facts: Facts) -> str | None:
    deep = (url.raw for url in _web(message) if url.host.count(".") >= 5 and not url.is_numeric)
    return next(deep, None)


def _random_host(message: MessageView, facts: Facts) -> str | None:
    for url in _web(message):
        name = registered(url.host).partition(".")[0]
        if len(name) > 7 and _RANDOM_LABEL.fullmatch(name):
            return url.raw
    return None


def _script_target(message: MessageView, facts: Facts) -> str | None:
    for link in message.html.links[:MAX_LINKS]:
        if link.target[:40].lower().lstrip().startswith(("javascript:", "data:text/html", "vbscript:")):
            return link.target
    return None


CHECKS = (
    check("URL_IP_HOST", "A link leads to a bare address", _ip_host),
    check("URL_SHORTENER", "A link is hidden behind a shortener", _shortener),
    check("URL_USERINFO", "A link shows a host before an @", _userinfo, Verdict.PHISHING),
    check("URL_PUNYCODE", "A link's host has letters beyond ASCII", _punycode),
    check("URL_BORROWED_BRAND", "A link's host borrows a brand's name", _borrowed_brand, Verdict.PHISHING),
    check("URL_FREE_HOST", "A link leads to a place that anybody gets for nothing", _free_host),
    check("URL_CHEAP_END", "A link leads to a top-level domain that is cheap and much abused", _cheap_end),
    check("URL_REDIRECTOR", "A link goes through somebody else's open redirect", _redirector),
    check("URL_NAMES_RECIPIENT", "A link names the recipient", _names_recipient, Verdict.PHISHING),
    check("URL_ODD_PORT", "A link names an unusual port", _port),
    check("URL_RUNNABLE", "A link leads to a file that can be run", _runnable),
    check("URL_DEEP_HOST", "A link's host has many levels", _deep_host),
    check("URL_RANDOM_HOST", "A link's domain looks like a machine made it up", _random_host),
    check("LINK_LYING_TEXT", "A link shows one host and leads to another", _lying_text),
    check("LINK_SCRIPT_TARGET", "A link is a script", _script_target, Verdict.PHISHING),
)  # fmt: skip


class LinkChecks:
    """Asks small questions about every link."""

    card: ClassVar = DetectorCard(
        name="links.links",
        summary="Finds links that hide where they lead",
        service=Service.ANTISPAM,
        symbols=symbols_of(CHECKS),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report every question whose answer is yes, with the first link that it is yes for."""
        return answered(CHECKS, message, facts)

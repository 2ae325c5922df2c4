"""The one spelling of an indicator's value; what cannot be meant is refused with a sentence."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Final

from lazaretto.core.address import fold
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.indicators import IndicatorKind as Kind
from lazaretto.core.indicators import spelt, url_trait
from lazaretto.mail.urls import parse

MAX_VALUE: Final = 1_000
_HEX: Final = re.compile(r"[0-9a-f]+")
_DOMAIN: Final = re.compile(r"(?!-)[a-z0-9_-]{1,63}(?:\.(?!-)[a-z0-9_-]{1,63})+")
_WRITTEN: Final = re.compile(r"([a-z][a-z0-9+.-]*://)?(?:\*\.)?([^/?#]*)(.*)", re.IGNORECASE | re.DOTALL)
_TOP: Final = re.compile(r"[a-z]{2,24}|xn--[a-z0-9-]{2,58}")
_FEWEST_LETTERS: Final = 3
"""A pattern with fewer plain characters would catch everybody's mail."""
_WIDEST: Final = {4: 8, 6: 16}


def normal(kind: Kind, value: str) -> str:
    """Return ``value`` as traits are spelt; raises ``ConfigurationError`` when it is no such value."""
    text = value.strip()
    if not text or len(text) > MAX_VALUE or not text.isprintable():
        raise ConfigurationError(f"a value is one printable line of at most {MAX_VALUE} characters")
    return _SPELL[kind](text)


def _pattern(text: str) -> str:
    folded = spelt(text)
    if len(folded.replace("*", "")) < _FEWEST_LETTERS:
        raise ConfigurationError(f'"{text}" would be found in too much mail; give at least 3 characters')
    return folded


def _sum_of(length: int, name: str) -> Callable[[str], str]:
    def spell(text: str) -> str:
        folded = text.lower()
        if len(folded) != length or not _HEX.fullmatch(folded):
            raise ConfigurationError(f'"{text}" is no {name} sum; it has {length} hexadecimal digits')
        return folded

    return spell


def _domain(text: str) -> str:
    try:
        folded = text.lower().strip(".").encode("idna").decode() if not text.isascii() else text.lower()
    except UnicodeError as failure:
        raise ConfigurationError(f'"{text}" is no domain') from failure
    folded = folded.removeprefix("@").removeprefix("*.").strip(".")
    if not _DOMAIN.fullmatch(folded):
        raise ConfigurationError(f'"{text}" is no domain; write it like sender.example')
    return folded


def _address(text: str) -> str:
    local, at, domain = text.strip("<>").rpartition("@")
    if not at or not local or " " in local:
        raise ConfigurationError(f'"{text}" is no mail address')
    return fold(f"{local}@{_domain(domain)}")


def _top_level(text: str) -> str:
    folded = text.lower().strip(".")
    if not _TOP.fullmatch(folded):
        raise ConfigurationError(f'"{text}" is no top-level domain; write it like example')
    return folded


def _ip(text: str) -> str:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError as failure:
        raise ConfigurationError(f'"{text}" is no IP address') from failure


def _network(text: str) -> str:
    try:
        network = ipaddress.ip_network(text, strict=False)
    except ValueError as failure:
        raise ConfigurationError(f'"{text}" is no network; write it like 192.0.2.0/24') from failure
    if network.prefixlen < _WIDEST[network.version]:
        raise ConfigurationError(f'"{text}" is too wide; the widest is /{_WIDEST[network.version]}')
    return str(network)


def _url(text: str) -> str:
    # Reports write addresses so that nobody clicks them by mistake.
    written = re.sub(r"^hxxp", "http", text.replace("[.]", "."), flags=re.IGNORECASE)
    # An entry stands for all that is below it, which feeds like to say with stars.
    parts = _WRITTEN.fullmatch(written)
    scheme, host, path = parts.groups() if parts else ("", "", "")
    if "*" in host:
        raise ConfigurationError(f'"{text}" has a "*" within a host; give a host, it stands for all below it')
    path = re.sub(r"/\*+$", "/", path)
    url = parse(f"{scheme or 'http://'}{host}{path}")
    if url is None or not url.host or url.userinfo:
        raise ConfigurationError(f'"{text}" is no web address')
    if "." not in url.host and ":" not in url.host:
        raise ConfigurationError(f'"{text}" names no host; write it like bad.example/path')
    return url_trait(url.host, url.rest)


_SPELL: Final[Mapping[Kind, Callable[[str], str]]] = {
    Kind.ATTACHMENT_NAME: _pattern,
    Kind.ATTACHMENT_MD5: _sum_of(32, "MD5"),
    Kind.ATTACHMENT_SHA256: _sum_of(64, "SHA-256"),
    Kind.AUTHOR_DOMAIN: _domain,
    Kind.AUTHOR_ADDRESS: _address,
    Kind.AUTHOR_TOP_LEVEL: _top_level,
    Kind.SENDER_DOMAIN: _domain,
    Kind.SENDER_ADDRESS: _address,
    Kind.SENDER_TOP_LEVEL: _top_level,
    Kind.CLIENT_ADDRESS: _ip,
    Kind.CLIENT_NETWORK: _network,
    Kind.RECIPIENT_DOMAIN: _domain,
    Kind.RECIPIENT_ADDRESS: _address,
    Kind.SUBJECT: _pattern,
    Kind.URL: _url,
}

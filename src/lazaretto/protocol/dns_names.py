"""Names as they are asked for, and the names of addresses."""

from __future__ import annotations

import asyncio
import ipaddress
import re
from functools import lru_cache

import idna

from lazaretto.core.facts import DnsAnswer, Resolver

MOST_NAMES = 10
"""Reverse names of one address that are looked at; some addresses have thousands."""

_LABELS = re.compile(r"(?:[!-\-/-\[\]-~]{1,63}\.)*[!-\-/-\[\]-~]{1,63}", re.ASCII)
"""Printable ASCII labels; the backslash is left out because it is an escape to every resolver."""


@lru_cache(maxsize=4096)
def question_name(name: str) -> str | None:
    """Return ``name`` as it is asked: lower case, A-labels, no trailing dot; None if it cannot exist."""
    plain = name.removesuffix(".")
    if not plain.isascii():
        try:
            plain = idna.encode(plain, uts46=True).decode("ascii")
        except (idna.IDNAError, UnicodeError, ValueError, IndexError):
            return None
    if len(plain) > 253 or not _LABELS.fullmatch(plain):
        return None
    return plain.lower()


def reverse_name(ip: str) -> str:
    """Return the name under which the PTR records of ``ip`` stand."""
    return ipaddress.ip_address(ip).reverse_pointer


async def hostname_of(ip: str, resolver: Resolver) -> str:
    """Return the first reverse name of ``ip`` that leads back to it; empty when none does."""
    try:
        address = ipaddress.ip_address(ip)
    except ValueError:
        return ""
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    kind = "A" if address.version == 4 else "AAAA"
    names = (await resolver.ask(address.reverse_pointer, "PTR")).records[:MOST_NAMES]
    answers = await asyncio.gather(*(resolver.ask(name, kind) for name in names))
    for name, answer in zip(names, answers, strict=True):
        if holds(answer, address):
            return name
    return ""


def holds(answer: DnsAnswer, address: ipaddress.IPv4Address | ipaddress.IPv6Address) -> bool:
    """Tell whether ``address`` is among the addresses of ``answer``."""
    for record in answer.records:
        try:
            if ipaddress.ip_address(record) == address:
                return True
        except ValueError:
            continue
    return False

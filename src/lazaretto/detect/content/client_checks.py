"""What the other end of the connection called itself (RFC 5321 §4.1.1.1).

A mail server has a name of its own; a home computer that somebody else makes send mail has the name of
its line, of its desk, or none.
"""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Sequence
from typing import ClassVar

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.checks import answered, check, symbols_of
from lazaretto.mail.view import MessageView

_NUMERIC = re.compile(r"\[?(?:ipv6:)?[0-9a-f.:]{3,45}\]?\Z", re.I)
_HOME = re.compile(
    r"(?:^|[.\d_-])(?:[avx]?dsl|dhcp|dial(?:-?(?:up|in))?|ppp|pppoe|pool|cable|catv|dyn(?:amic)?(?:-?ip)?|broadband"
    r"|cpe|ftth|fibra|wimax|gprs|umts|mobile|resnet)\d{0,6}(?:[.\d_-]|$)"
)
_SERVER = re.compile(
    r"(?:^|[.\d_-])(?:e?mail|mx|smtp|mta|mailer|relay|out|outbound|send(?:er|ing|grid)?|news|static|host(?:ed|ing)?"
    r"|server|srv|vps|cloud|shared|dedicated|clients?)\d{0,6}(?:[.\d_a-z-]|$)"
)
_DIGITS = re.compile(r"\d+")


def _greeting(facts: Facts) -> str:
    # Our own customers' mail comes from their desks; what they call themselves is their affair.
    return facts.client.helo.strip().lower().rstrip(".")[:255] if facts.leaving is None else ""


def _is_number(facts: Facts) -> bool:
    return _NUMERIC.match(_greeting(facts)) is not None and any(c in ".:" for c in _greeting(facts))


def _number(message: MessageView, facts: Facts) -> str | None:
    return _greeting(facts) if _is_number(facts) else None


def _no_domain(message: MessageView, facts: Facts) -> str | None:
    name = _greeting(facts)
    if not name or "." in name or ":" in name:
        return None
    return name


def _home_line(message: MessageView, facts: Facts) -> str | None:
    name = _greeting(facts)
    if "." not in name or _is_number(facts) or _SERVER.search(name):
        return None
    return name if _HOME.search(name) or _holds_address(name, facts.client.ip) else None


def _holds_address(name: str, ip: str) -> bool:
    """Tell whether ``name`` is made of the numbers of ``ip``, as providers call their lines."""
    try:
        octets = ipaddress.IPv4Address(ip).packed
    except ValueError:
        return False
    if not any(octets):
        return False
    numbers = [int(run) for run in _DIGITS.findall(name) if len(run) < 4]
    last = [octets[2], octets[3]]
    neighbours = [numbers[index : index + 2] for index in range(len(numbers) - 1)]
    if last in neighbours or last[::-1] in neighbours:
        return True
    return octets.hex() in name or "".join(f"{each:03d}" for each in octets[1:]) in name


CHECKS = (
    check("HELO_NUMBER", "The sending computer calls itself by a number", _number),
    check("HELO_NO_DOMAIN", "The sending computer's name is no domain", _no_domain),
    check("HELO_HOME_LINE", "The sending computer has the name of a subscriber's line", _home_line),
)


class ClientChecks:
    """Asks what the sending computer calls itself."""

    card: ClassVar = DetectorCard(
        name="content.client",
        summary="Finds senders that are no mail servers",
        service=Service.ANTISPAM,
        symbols=symbols_of(CHECKS),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report every question whose answer is yes."""
        return answered(CHECKS, message, facts)

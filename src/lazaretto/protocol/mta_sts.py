"""What a domain says about TLS by MTA-STS (RFC 8461): its record and its policy, read strictly.

The record says only that there is a policy, and which; the policy says at which hosts, and by whom
their certificates may be signed is left to the web's usual authorities.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import Final

MOST_OCTETS: Final = 64 * 1024
"""Of a policy (RFC 8461 §3.3)."""
LONGEST_AGE: Final = 31_557_600
"""Seconds; what is above counts as this (RFC 8461 §3.2)."""
MOST_PATTERNS: Final = 200

_RECORD = re.compile(r"v=STSv1[ \t]*;[ \t]*(?P<fields>.*)", re.DOTALL)
_FIELD = re.compile(r"(?P<name>[A-Za-z0-9][A-Za-z0-9_.-]{0,31})[ \t]*=[ \t]*(?P<value>[!-:<>-~]+)[ \t]*")
_ID = re.compile(r"[A-Za-z0-9]{1,32}")
_LINE_END = re.compile(r"\r?\n")
_PATTERN = re.compile(r"(?:\*\.)?[a-z0-9_](?:[a-z0-9_-]{0,62}\.)*[a-z0-9_-]{0,62}[a-z0-9]")


class Mode(Enum):
    """How much a policy wants."""

    ENFORCE = "enforce"
    """Mail goes to hosts that meet the policy, or waits."""
    TESTING = "testing"
    """Mail goes all the same; failures are reported."""
    NONE = "none"
    """There is no policy any more."""


class PolicyInvalid(ValueError):
    """A text is no policy; the words say why."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policy:
    """A domain's policy."""

    mode: Mode
    patterns: tuple[str, ...] = ()
    """Names of MX hosts, lower case; ``*.a.example`` stands for one label."""
    max_age: int = 0
    """Seconds from the fetch."""

    @property
    def lines(self) -> tuple[str, ...]:
        """The policy as a report shows it."""
        patterns = (f"mx: {pattern}" for pattern in self.patterns)
        return ("version: STSv1", f"mode: {self.mode.value}", *patterns, f"max_age: {self.max_age}")

    def covers(self, host: str) -> bool:
        """Tell whether ``host`` may take the domain's mail."""
        name = host.lower().removesuffix(".")
        below = "*." + name.partition(".")[2]
        return any(pattern in (name, below) for pattern in self.patterns)


def record_id(records: Iterable[str]) -> str:
    """Return the id in the TXT ``records`` of ``_mta-sts.domain``; empty where there is no policy.

    Two records, or one that is not as it should be, count as none (RFC 8461 §3.1).
    """
    ours = [match for record in records if (match := _RECORD.fullmatch(record))]
    if len(ours) != 1:
        return ""
    for field in ours[0]["fields"].split(";"):
        named = _FIELD.fullmatch(field.strip(" \t"))
        if named is not None and named["name"] == "id":
            return named["value"] if _ID.fullmatch(named["value"]) else ""
    return ""


def parse_policy(octets: bytes) -> Policy:
    """Return the policy in ``octets``; raise ``PolicyInvalid``."""
    if len(octets) > MOST_OCTETS:
        raise PolicyInvalid("the policy is too long")
    try:
        text = octets.decode("utf-8")
    except UnicodeDecodeError as failure:
        raise PolicyInvalid("the policy is not UTF-8") from failure
    values: dict[str, str] = {}
    patterns: list[str] = []
    for line in _LINE_END.split(text):
        name, colon, value = line.partition(":")
        value = value.strip(" \t")
        if name == "mx" and colon:
            patterns.append(value.lower().removesuffix("."))
        elif colon:
            # Of a key that comes twice the first one counts (RFC 8461 §3.2).
            values.setdefault(name, value)
    return _policy_of(values, patterns)


def _policy_of(values: dict[str, str], patterns: list[str]) -> Policy:
    if values.get("version") != "STSv1":
        raise PolicyInvalid("the policy's version is not STSv1")
    try:
        mode = Mode(values.get("mode", ""))
    except ValueError as failure:
        raise PolicyInvalid("the policy's mode is unknown") from failure
    age = values.get("max_age", "")
    if not (age.isascii() and age.isdigit()) or len(age) > 10:
        raise PolicyInvalid("the policy's max_age is not a number of seconds")
    if len(patterns) > MOST_PATTERNS or not all(map(_PATTERN.fullmatch, patterns)):
        raise PolicyInvalid("the policy's mx names cannot be used")
    if mode is not Mode.NONE and not patterns:
        raise PolicyInvalid("the policy names no mx")
    return Policy(mode=mode, patterns=tuple(patterns), max_age=min(int(age), LONGEST_AGE))

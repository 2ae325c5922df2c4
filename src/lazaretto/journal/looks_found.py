"""Finding looks by what they found, for processes that judge very many of them again."""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Final
from uuid import UUID

import psycopg

from lazaretto.core.findings import Verdict
from lazaretto.db.sql import query
from lazaretto.journal.looks import CLASS_MARK, newsletter_name

_PACKAGE: Final = "lazaretto.journal"
_AT_ONCE: Final = 2_000
_NEVER: Final = math.inf
_SLACK: Final = 1e-3
"""Sums are kept in less precision than they are compared in."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """Looks with any of these, of one tenant and span of time."""

    tenant: int
    since: datetime
    until: datetime
    everything: bool = False
    symbols: Sequence[str] = ()
    """Whole names."""
    classes: Sequence[str] = ()
    senders: Sequence[str] = ()
    networks: Sequence[str] = ()
    newsletters: Sequence[str] = ()
    sums_from: Mapping[str, float] = field(default_factory=dict)
    sums_between: Mapping[str, tuple[float, float]] = field(default_factory=dict)
    score_from: float | None = None

    def parameters(self) -> dict[str, Any]:
        """Return what the query is asked with."""
        symbols = [*self.symbols, *(f"{CLASS_MARK}{each}" for each in self.classes)]
        sums_from = dict(self.sums_from)
        if self.score_from is not None:
            # The score is the greater of two sums, or malware's.
            symbols.append(f"{CLASS_MARK}{Verdict.MALWARE.value}")
            for name in ("spam", "phishing"):
                sums_from[name] = min(self.score_from, sums_from.get(name, self.score_from))
        senders = [*self.senders, *map(newsletter_name, self.newsletters)]
        values: dict[str, Any] = {
            "tenant": self.tenant,
            "since": self.since,
            "until": self.until,
            "everything": self.everything,
            "by_symbol": bool(symbols),
            "symbols": symbols,
            "by_sender": bool(senders),
            "senders": senders,
            "networks": [] if self.everything else _apart(self.networks),
        }
        for name in ("spam", "phishing", "bulk"):
            low, high = self.sums_between.get(name, (_NEVER, -_NEVER))
            values[f"by_{name}"], values[f"near_{name}"] = name in sums_from, name in self.sums_between
            values[f"{name}_from"] = sums_from.get(name, _NEVER) - _SLACK
            values[f"{name}_low"], values[f"{name}_high"] = low - _SLACK, high + _SLACK
        return values


def _apart(networks: Sequence[str]) -> list[str]:
    """Return networks that hold the same addresses, none of them within another."""
    parsed = [ipaddress.ip_network(each) for each in networks]
    fours = [each for each in parsed if isinstance(each, ipaddress.IPv4Network)]
    sixes = [each for each in parsed if isinstance(each, ipaddress.IPv6Network)]
    return [*map(str, ipaddress.collapse_addresses(fours)), *map(str, ipaddress.collapse_addresses(sixes))]


@dataclass(frozen=True, slots=True)
class FoundLook:
    """A look with the message that it is about."""

    message: UUID
    received_at: datetime
    octets: bytes


def find_looks(dsn: str, wanted: Wanted) -> Iterator[FoundLook]:
    """Yield the looks that ``wanted`` means, in no order; the connection ends with the last one."""
    with psycopg.connect(dsn) as connection, connection.cursor(name="looks", binary=True) as cursor:
        cursor.itersize = _AT_ONCE
        cursor.execute(query(_PACKAGE, "find_looks"), wanted.parameters())
        for message, received_at, octets in cursor:
            yield FoundLook(message, received_at, octets)


def count_looks(dsn: str, wanted: Wanted) -> int:
    """Return how many looks the tenant has in the span of time, whatever they found."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(query(_PACKAGE, "count_looks"), wanted.parameters()).fetchone()
        return int(row[0]) if row else 0


def list_hits(dsn: str, tenant: int, since: datetime) -> Iterator[FoundLook]:
    """Yield the looks of ``tenant`` that found a sender on one of its lists."""
    with psycopg.connect(dsn) as connection, connection.cursor(name="hits", binary=True) as cursor:
        cursor.execute(query(_PACKAGE, "list_hits"), {"tenant": tenant, "since": since})
        for received_at, message, octets in cursor:
            yield FoundLook(message, received_at, octets)


def trial_outcomes(dsn: str, tenant: int, since: datetime) -> dict[str, int]:
    """Return how many copies settings on trial would have treated otherwise, by disposition."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(query(_PACKAGE, "trial_outcomes"), {"tenant": tenant, "since": since})
        return dict(rows.fetchall())


def tried_messages(dsn: str, tenant: int, since: datetime) -> frozenset[str]:
    """Return the ids of the messages that settings on trial would have treated otherwise."""
    with psycopg.connect(dsn) as connection:
        rows = connection.execute(query(_PACKAGE, "tried_messages"), {"tenant": tenant, "since": since})
        return frozenset(row[0] for row in rows.fetchall())

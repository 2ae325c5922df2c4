"""Looks as rows that a change of configuration finds: by symbol, sender, client or sum."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

from lazaretto.core.address import domain_of, fold
from lazaretto.core.snapshot import names_above
from lazaretto.core.stored import StoredLook, encode_look, look_of
from lazaretto.journal.outbox import OutboxEvent

CLASS_MARK = "="
"""Before the name of a class that one finding reaches, among the symbols."""


@dataclass(frozen=True, slots=True)
class LookStory:
    """One tenant's look at one message."""

    received_at: datetime
    tenant: int
    message: UUID
    version: int
    symbols: list[str]
    senders: list[str]
    client_ip: str | None
    spam: float
    phishing: float
    bulk: float
    score: float
    look: str
    """``StoredLook`` in hexadecimal digits."""
    shadow: list[dict[str, Any]] | None


def look_story(event: OutboxEvent) -> LookStory:
    """Return the row of what SCANNED tells."""
    details = event.details
    look, sums = look_of(details), details.get("sums") or {}
    return LookStory(
        received_at=event.received_at,
        tenant=event.tenant,
        message=event.message,
        version=look.version,
        symbols=sorted({*_symbols(look)}),
        senders=sorted({*sender_names((look.reverse_path, *look.authors)), *_newsletters(look)}),
        client_ip=_ip(look.client_ip),
        spam=float(sums.get("spam", 0.0)),
        phishing=float(sums.get("phishing", 0.0)),
        bulk=float(sums.get("bulk", 0.0)),
        score=float(details.get("score") or 0.0),
        look=encode_look(look).hex(),
        shadow=details.get("shadow") or None,
    )


def sender_names(addresses: Iterable[str]) -> Iterator[str]:
    """Yield everything by which a list can name one of ``addresses``."""
    for address in addresses:
        if address:
            yield fold(address)
            if domain := domain_of(address):
                yield from names_above(domain)


def newsletter_name(list_id: str) -> str:
    """Return the name by which a newsletter stands among senders."""
    return f"<{list_id}>"


def _newsletters(look: StoredLook) -> Iterator[str]:
    if look.list_id:
        yield newsletter_name(look.list_id)


def _symbols(look: StoredLook) -> Iterator[str]:
    for finding in look.findings:
        yield finding.symbol
        if finding.verdict is not None:
            yield f"{CLASS_MARK}{finding.verdict.value}"


def _ip(text: str) -> str | None:
    try:
        return str(ipaddress.ip_address(text))
    except ValueError:
        return None

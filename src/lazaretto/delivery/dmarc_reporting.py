"""The daily DMARC reports: to each address that a policy's owner names, once, if it wants them.

An address of somebody else gets a report only where its domain says that it wants to hear about that
policy's domain (RFC 9990 §4); otherwise anybody could have us write to anybody.
"""

from __future__ import annotations

import re
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from hashlib import blake2b
from typing import Final
from urllib.parse import unquote

import structlog

from lazaretto.core.address import domain_of
from lazaretto.core.errors import LazarettoError
from lazaretto.core.facts import Resolver
from lazaretto.core.queued import ComposedMessage
from lazaretto.delivery.dmarc_report import Reporter, mail_of, packed, xml_of
from lazaretto.detect.authentication.author import plain_domain
from lazaretto.detect.authentication.dmarc_record import parse_record, tags_in
from lazaretto.detect.authentication.public_suffix import registrable
from lazaretto.journal.dmarc_counts import DmarcCounts, Due

log = structlog.get_logger(__name__)

NOT_BEFORE: Final = timedelta(minutes=15)
"""After midnight: by then the stories of the day have been shipped."""
SPREAD: Final = timedelta(hours=4)
GIVE_UP_AFTER: Final = timedelta(days=3)
MOST_AT_ONCE: Final = 200
MOST_ROWS: Final = 20_000
MOST_TARGETS: Final = 5
_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_SIZE: Final = re.compile(r"!(\d{1,12})([kmgt]?)$", re.IGNORECASE)
_UNITS: Final = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}

Commit = Callable[[ComposedMessage], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Target:
    """Who gets a report, and how large it may be."""

    address: str
    most: int | None = None


class _SilentError(Exception):
    """The DNS did not answer: try again later."""


class DmarcReporter:
    """Sends the reports that are due."""

    def __init__(self, counts: DmarcCounts, resolver: Resolver, commit: Commit, reporter: Reporter) -> None:
        self._counts = counts
        self._resolver = resolver
        self._commit = commit
        self._reporter = reporter

    async def send_due(self, now: datetime) -> int:
        """Send what is due at ``now``; return how many domains are done with.

        One that fails is left for the next time and does not stop the others.
        """
        oldest = (now - GIVE_UP_AFTER).date()
        owed = await self._counts.unreported(since=oldest, before=now.date(), wanted=MOST_AT_ONCE * 50)
        due = [each for each in owed if now >= due_at(each.day, each.domain)][:MOST_AT_ONCE]
        done = 0
        for each in due:
            try:
                done += await self._report(each, now)
            except LazarettoError as failure:
                log.warning("DMARC report not sent", domain=each.domain, problem=str(failure))
            except _SilentError:
                log.info("DMARC report waits for the DNS", domain=each.domain)
        return done

    async def _report(self, due: Due, now: datetime) -> bool:
        rows = await self._counts.rows(due, MOST_ROWS)
        targets = [await self._allowed(due.domain, each) for each in targets_in(rows[0].record)]
        attachment = packed(xml_of(due, rows, self._reporter))
        for target in filter(None, targets):
            if target.most is not None and len(attachment) > target.most:
                outcome = f"too large: {len(attachment)} octets"
            else:
                # Its id is its own, so that a crash before the note below sends nothing twice.
                mail = mail_of(due, attachment, target.address, self._reporter, now)
                await self._commit(mail)
                outcome = f"queued as {mail.id}"
            await self._counts.note(due, target.address, outcome, now)
        told = sum(target is not None for target in targets)
        await self._counts.note(due, "", f"{told} of {len(targets)} addresses", now)
        return True

    async def _allowed(self, domain: str, target: Target) -> Target | None:
        """Return whom to write to in place of ``target``; None when its domain does not want reports."""
        host = domain_of(target.address)
        if registrable(host) == registrable(domain):
            return target
        answer = await self._resolver.ask(f"{domain}._report._dmarc.{host}", "TXT")
        if answer.failed:
            raise _SilentError
        records = [each for each in answer.records if parse_record(each) is not None]
        if not records:
            return None
        # It may name another address of its own, and none of anybody else.
        others = [each for each in targets_in(records[0]) if domain_of(each.address) == host]
        return others[0] if others else target


def targets_in(record: str) -> list[Target]:
    """Return the mail addresses that a record's ``rua=`` names, each once."""
    found: dict[str, Target] = {}
    for uri in tags_in(record).get("rua", "").split(",")[: 4 * MOST_TARGETS]:
        target = _target(uri.strip())
        if target is not None:
            found.setdefault(target.address.lower(), target)
    return list(found.values())[:MOST_TARGETS]


def due_at(day: date, domain: str) -> datetime:
    """Return when the report about ``day`` goes to ``domain``: the same moment on every node."""
    share = int.from_bytes(blake2b(domain.encode(), digest_size=4).digest()) / 2**32
    midnight = datetime.combine(day + timedelta(days=1), time(), UTC)
    return midnight + NOT_BEFORE + share * SPREAD


def _target(uri: str) -> Target | None:
    scheme, _, rest = uri.partition(":")
    if scheme.lower() != "mailto":
        return None
    size = _SIZE.search(rest)
    address = unquote((rest[: size.start()] if size else rest).partition("?")[0])
    local, at, domain = address.rpartition("@")
    host = plain_domain(domain)
    if not at or not host or not _LOCAL.fullmatch(local):
        return None
    most = int(size[1]) * _UNITS[size[2].lower()] if size else None
    return Target(f"{local}@{host}", most)

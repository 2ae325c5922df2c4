"""The daily DMARC reports: to each address that a policy's owner names, once, if it wants them.

An address of somebody else gets a report only where its domain says that it wants to hear about that
policy's domain (RFC 9990 §4); otherwise anybody could have us write to anybody.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from urllib.parse import unquote

from lazaretto.core.address import domain_of
from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.facts import Resolver
from lazaretto.delivery.daily import MOST_OWED, Commit, send_each
from lazaretto.delivery.dmarc_report import Reporter, mail_of, packed, xml_of
from lazaretto.detect.authentication.author import plain_domain
from lazaretto.detect.authentication.dmarc_record import parse_record, tags_in
from lazaretto.detect.authentication.public_suffix import registrable
from lazaretto.journal.dmarc_counts import DmarcCounts, Due

GIVE_UP_AFTER: Final = timedelta(days=3)
MOST_ROWS: Final = 20_000
MOST_TARGETS: Final = 5
_LOCAL: Final = re.compile(r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~.-]{1,64}")
_SIZE: Final = re.compile(r"!(\d{1,12})([kmgt]?)$", re.IGNORECASE)
_UNITS: Final = {"": 1, "k": 1 << 10, "m": 1 << 20, "g": 1 << 30, "t": 1 << 40}


@dataclass(frozen=True, slots=True)
class Target:
    """Who gets a report, and how large it may be."""

    address: str
    most: int | None = None


class DmarcReporter:
    """Sends the reports that are due."""

    def __init__(self, counts: DmarcCounts, resolver: Resolver, commit: Commit, reporter: Reporter) -> None:
        self._counts = counts
        self._resolver = resolver
        self._commit = commit
        self._reporter = reporter

    async def send_due(self, now: datetime) -> int:
        """Send what is due at ``now``; return how many domains are done with."""
        oldest = (now - GIVE_UP_AFTER).date()
        owed = await self._counts.unreported(since=oldest, before=now.date(), wanted=MOST_OWED)
        return await send_each(owed, now, self._report)

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
            problem = "the DNS does not say whether reports are wanted"
            raise TemporaryFailure(problem)
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

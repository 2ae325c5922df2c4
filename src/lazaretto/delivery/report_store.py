"""Where the counters of TLS sessions rest, and what became of the reports about them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from lazaretto.db.json_text import json_text
from lazaretto.db.pool import Connection, Pool
from lazaretto.db.sql import query
from lazaretto.delivery.tls_reports import MOST_FAILURES, Counted
from lazaretto.protocol.tls_report import FailureCount, PolicyCount

_PACKAGE: Final = "lazaretto.delivery"


@dataclass(frozen=True, slots=True, order=True)
class Due:
    """A report that is owed: one domain, one day."""

    day: date
    domain: str


class ReportStore:
    """Implements ``tls_reports.CountStore`` in the database ``trace``."""

    def __init__(self, trace: Pool) -> None:
        self._pool = trace

    async def add(self, counted: Sequence[Counted]) -> None:
        """Add to what is stored for the same days, domains and policies."""
        sessions = [
            {
                "day": each.day,
                "domain": each.domain,
                "policy": each.policy.value,
                "lines": each.lines,
                "successful": each.successful,
                "failed": each.failed,
            }
            for each in counted
        ]
        failures = [
            {
                "day": each.day,
                "domain": each.domain,
                "policy": each.policy.value,
                "kind": failure.kind,
                "host": failure.host,
                "ip": failure.ip,
                "sessions": number,
            }
            for each in counted
            for failure, number in each.failures
        ]
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, "add_tls_sessions"), {"counted": _text(sessions)})
            await connection.execute(query(_PACKAGE, "add_tls_failures"), {"failures": _text(failures)})

    async def unreported(self, *, since: date, before: date, wanted: int) -> list[Due]:
        """Return reports that are owed about the days from ``since`` to the one before ``before``."""
        parameters = {"since": since, "before": before, "wanted": wanted}
        async with self._pool.connection() as connection:
            rows = await _rows(connection, "find_unreported", parameters)
        return [Due(*row) for row in rows]

    async def counted(self, due: Due) -> tuple[PolicyCount, ...]:
        """Return what was counted with a domain on a day, by policy."""
        parameters = {"day": due.day, "domain": due.domain}
        async with self._pool.connection() as connection:
            sessions = await _rows(connection, "read_tls_sessions", parameters)
            failures = await _rows(
                connection, "read_tls_failures", {**parameters, "wanted": 3 * MOST_FAILURES}
            )
        return tuple(
            PolicyCount(
                type=policy,
                domain=due.domain,
                lines=tuple(lines),
                mx_hosts=tuple(line[4:] for line in lines if line.startswith("mx: ")),
                successful=successful,
                failed=failed,
                failures=tuple(
                    FailureCount(result=kind, mx_host=host, receiving_ip=ip, sessions=number)
                    for of, kind, host, ip, number in failures
                    if of == policy
                ),
            )
            for policy, lines, successful, failed in sessions
        )

    async def settled(self, due: Due) -> dict[str, tuple[bool, int]]:
        """Return by target whether nothing more is to be done there, and how often it was tried."""
        async with self._pool.connection() as connection:
            rows = await _rows(connection, "read_tls_targets", {"day": due.day, "domain": due.domain})
        return {target: (is_settled, attempts) for target, is_settled, attempts in rows}

    async def note(self, due: Due, target: str, outcome: str, at: datetime, *, is_settled: bool) -> None:
        """Note what became of a report at ``target``; an empty one ends it."""
        parameters = {
            "day": due.day,
            "domain": due.domain,
            "target": target,
            "at": at,
            "is_settled": is_settled,
            "outcome": outcome,
        }
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, "note_tls_report"), parameters)


async def _rows(connection: Connection, name: Any, parameters: dict[str, Any]) -> list[tuple[Any, ...]]:
    cursor = await connection.execute(query(_PACKAGE, name), parameters)
    return await cursor.fetchall()


def _text(rows: Sequence[dict[str, Any]]) -> str:
    return json_text(rows).decode()

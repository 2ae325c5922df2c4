"""What the commands that print detailed events have in common: their options, lines and tables."""

from __future__ import annotations

import csv
import json
import sys
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

import click

from lazaretto.cli.options import home_option, json_option
from lazaretto.db.pool import Pool
from lazaretto.journal.malware_events import MalwareEvents
from lazaretto.run.consulting import consult
from lazaretto.run.detail_readers import readers
from lazaretto.run.home import Home
from lazaretto.run.malware_table import COLUMNS, cells


def _moment(_context: click.Context, _parameter: click.Parameter, value: str | None) -> datetime | None:
    if value is None:
        return None
    if value.endswith(("d", "h")) and value[:-1].isascii() and value[:-1].isdigit():
        span = int(value[:-1][:5])
        return datetime.now(UTC) - (timedelta(days=span) if value[-1] == "d" else timedelta(hours=span))
    try:
        moment = datetime.fromisoformat(value)
    except ValueError as failure:
        raise click.BadParameter(f"{value!r} is no time such as 2026-05-01T12:00 or 7d") from failure
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)


_OPTIONS = (
    click.option("--tenant", metavar="NAME", help="Only this tenant's; left out, everybody's."),
    click.option(
        "--since",
        default="1d",
        show_default=True,
        callback=_moment,
        metavar="TIME",
        help="A time, or 7d, 12h.",
    ),
    click.option("--until", callback=_moment, metavar="TIME", help="Only before this time."),
    click.option("--after", default=0, metavar="N", help="Go on behind this `number` of an earlier answer."),
    click.option("--limit", type=click.IntRange(1), metavar="N", help="Events at most."),
    json_option,
    click.option("--csv", "as_csv", is_flag=True, help="Print a table; no cell of it is ever a formula."),
    home_option,
)


def event_options(function: Callable[..., None]) -> Callable[..., None]:
    """Give a command the options that say which events, and how."""
    for option in reversed(_OPTIONS):
        function = option(function)
    return function


def print_events(
    kind: type[MalwareEvents], none: str, *, home: Home, tenant: str | None, since: datetime,
    until: datetime | None, after: int, limit: int | None, as_json: bool, as_csv: bool,
) -> None:  # fmt: skip
    """Print the events of ``kind`` of tenants that ordered them; ``none`` is said where none are."""
    if as_json and as_csv:
        raise click.UsageError("say --json or --csv, not both")
    told = readers(home, tenant)
    scope = next(iter(told)) if tenant is not None else None
    writer = csv.writer(sys.stdout, lineterminator="\r\n")
    if as_csv:
        writer.writerow(("number", *COLUMNS))

    async def tell(pool: Pool) -> int:
        count = 0
        async for number, event in kind(pool).since(scope, since, until, after=after):
            if event["lazaretto"]["tenant"] not in told:
                continue
            count += 1
            if as_csv:
                writer.writerow((number, *cells(event)))
            else:
                click.echo(
                    json.dumps({"number": number, **event}, ensure_ascii=False) if as_json else _line(event)
                )
            if count == limit:
                break
        return count

    if not consult(home, "trace", tell) and not as_json and not as_csv:
        click.echo(none, err=True)


def _line(event: dict[str, Any]) -> str:
    ours = event["lazaretto"]
    methods = ", ".join(dict.fromkeys(each["detectionMethod"] for each in event["incidents"]))
    text = (
        f"{ours['received_at'][:16].replace('T', ' ')}  {event['xMsgRef']}  {ours['remediation']}"
        f"  from {event['envFrom'] or '<>'} to {', '.join(event['envTo'])}"
        f"  {methods or ours['cause'] or ours['verdict']}"
    )
    return "".join(each if each.isprintable() else "?" for each in text)

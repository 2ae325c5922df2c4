"""``lazaretto backtest``: what a change would have done to the mail of the last days."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import click

from lazaretto.cli.options import home_option
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.identity import TenantId
from lazaretto.pipeline.backtesting import Outcome, Span, backtest
from lazaretto.run.database import Database
from lazaretto.run.home import Home
from lazaretto.run.publishing import with_tenants
from lazaretto.run.settings import load_settings
from lazaretto.tenants.changing import changed_document
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document
from lazaretto.tenants.store import TenantStore


@click.command(epilog="Example: lazaretto backtest --tenant acme --change change.yaml --days 30")
@click.option("--tenant", required=True, metavar="T", help="Whose mail.")
@click.option(
    "--change",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Settings that would be different, or a whole document.",
)
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 30), help="How far back.")
@click.option("--full", is_flag=True, help="Judge every message, also those that the change cannot touch.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON object.")
@home_option
def command(tenant: str, change: Path, days: int, full: bool, as_json: bool, home: Home) -> None:
    """Print what the settings in FILE would have changed; nothing is put in force.

    The file holds only what differs, such as `antispam: {spam: quarantine}`; below the name of a list
    `add` and `remove` change single entries: `approved_senders: {remove: [partner.example]}`.
    """
    try:
        text = change.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        raise ConfigurationError(f"cannot read {change}: {failure}") from failure

    async def in_force(store: TenantStore) -> tuple[str, TenantId]:
        document = await store.export(tenant)
        number = await store.number_of(tenant)
        assert number is not None
        return document, number

    settings = load_settings(home)
    database = Database(home, settings)
    document, number = with_tenants(home, settings, in_force)
    own = parse_document(document, tenant)
    other = changed_document(document, text, change.name)
    before, after = (compile_snapshot(each, number, 0) for each in (own, other))
    now = datetime.now(UTC)
    span = Span(since=now - timedelta(days=days), until=now)
    with database.available():
        outcome = backtest(database.dsn("trace"), before, after, span, full=full)
    click.echo(json.dumps(outcome.as_json(), ensure_ascii=False) if as_json else _told(outcome, days))


def _told(outcome: Outcome, days: int) -> str:
    lines = [f"{outcome.kept} messages of {days} days, {outcome.judged} of them within reach of the change"]
    if outcome.judged:
        lines[0] += f" ({outcome.microseconds:.0f} µs of CPU each)"
    if not outcome.changed:
        lines.append("nothing would have changed")
    for kind, count in outcome.changed.most_common():
        lines.append(f"{count:>8}  {kind}")
        lines += [
            f"          {each.received_at}  {each.message}  {each.recipient}  {each.setting}".rstrip()
            for each in outcome.examples.get(kind, ())
        ]
    if outcome.rules:
        told = ", ".join(f"{name or 'unknown'} ({count})" for name, count in outcome.rules.most_common())
        lines.append(f"judged by what the rules of their time found: {told}")
    for each in outcome.not_replayed:
        lines.append(f"not tried: {each} differ, and what detectors would find takes the messages themselves")
    return "\n".join(lines)

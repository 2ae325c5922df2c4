"""``lazaretto troubles``: which rules and detectors do not work, on all machines."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import UTC, datetime

import click

from lazaretto.cli.options import home_option, json_option
from lazaretto.intelligence.machine_troubles import Machine, MachineTroubles
from lazaretto.run.consulting import consult
from lazaretto.run.home import Home


@click.command(epilog="Example: lazaretto troubles --json")
@json_option
@home_option
def command(as_json: bool, home: Home) -> None:
    """List rules left out, failing detectors, dying workers and refused bundles, on every machine.

    Each machine tells its own every 20 seconds; one that is silent for a day is left out.
    """
    now = datetime.now(UTC)
    machines = consult(home, "control", lambda pool: MachineTroubles(pool).machines(now))
    if as_json:
        _print_json(machines)
        return
    if not machines:
        click.echo("no machine has told anything yet; `lazaretto doctor` looks at this one", err=True)
    for machine in machines:
        silent = f"  (silent since {machine.seen_at:%Y-%m-%d %H:%M})" if machine.is_silent(now) else ""
        count = len(machine.troubles)
        click.echo(f"{machine.host}: {count or 'no'} trouble{'' if count == 1 else 's'}{silent}")
        for each in machine.troubles:
            click.echo(f"  {each.last:%Y-%m-%d %H:%M}  {each.in_language('en')}")


def _print_json(machines: Sequence[Machine]) -> None:
    for machine in machines:
        for each in machine.troubles:
            told = {
                "host": machine.host,
                "seen_at": machine.seen_at.isoformat(),
                "kind": each.kind,
                "about": each.about,
                "count": each.count,
                "first": each.first.isoformat(),
                "last": each.last.isoformat(),
                "told": each.in_language("en"),
            }
            click.echo(json.dumps(told, ensure_ascii=False))

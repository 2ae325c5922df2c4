"""``lazaretto reconcile``: is everything that was accepted accounted for."""

from __future__ import annotations

import json
from dataclasses import asdict

import click

from lazaretto.cli.options import home_option, json_option
from lazaretto.core.errors import ConfigurationError
from lazaretto.run.consulting import consult
from lazaretto.run.home import Home
from lazaretto.spool.reconciling import reconcile


@click.command(epilog="Example: lazaretto reconcile --home /var/lib/lazaretto")
@home_option
@json_option
def command(home: Home, as_json: bool) -> None:
    """Count each tenant's recipients: accepted = delivered + bounced + deleted + at rest + queued.

    Exits 1 when that does not hold.
    """
    balances = consult(home, "spool", reconcile)
    for balance in balances:
        told = {**asdict(balance), "difference": balance.difference, "right": balance.is_right}
        if as_json:
            click.echo(json.dumps(told))
            continue
        mark = "right" if balance.is_right else "WRONG"
        click.echo(
            f"{mark}  " + "  ".join(f"{name} {value}" for name, value in told.items() if name != "right")
        )
    if not balances and not as_json:
        click.echo("no mail yet", err=True)
    if not all(balance.is_right for balance in balances):
        raise ConfigurationError("not everything is accounted for; keep the logs and look at the traces")

"""``lazaretto leanings``: what a tenant's people said by releases and reports, and forgetting it."""

from __future__ import annotations

import json
from datetime import UTC, datetime

import click

from lazaretto.cli.options import home_option, json_option
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.identity import TenantId
from lazaretto.core.leanings import Leaning
from lazaretto.intelligence.leaning_store import LeaningStore
from lazaretto.run.consulting import consult
from lazaretto.run.home import Home
from lazaretto.run.ordering import ordered
from lazaretto.run.publishing import with_tenants


@click.group(name="leanings", epilog="Example: lazaretto leanings list acme")
def command() -> None:
    """Show what a tenant's people said of kinds of mail by releases and reports, and forget it."""


@command.command(name="list", epilog="Example: lazaretto leanings list acme --json")
@click.argument("tenant")
@home_option
@json_option
def list_leanings(tenant: str, home: Home, as_json: bool) -> None:
    """Print the senders and rules about which at least three people of TENANT agree."""
    number = _number(home, tenant)
    found = consult(home, "control", lambda pool: LeaningStore(pool).of(number, datetime.now(UTC)))
    for each in found:
        click.echo(json.dumps(_as_json(each), ensure_ascii=False) if as_json else _line(each))
    if not found and not as_json:
        click.echo("nothing about which enough people agree", err=True)


@command.command(epilog="Example: lazaretto leanings reset acme 'sender partner.example'")
@click.argument("tenant")
@click.argument("subject", default="")
@home_option
def reset(tenant: str, subject: str, home: Home) -> None:
    """Forget what people of TENANT said of SUBJECT (as `list` prints it), or everything."""
    number = _number(home, tenant)
    with ordered(home, "leaning.reset", subject or "everything", tenants=[number]):
        count = consult(home, "control", lambda pool: LeaningStore(pool).reset(number, subject))
    click.echo(f"{count} votes forgotten")


def _number(home: Home, name: str) -> TenantId:
    number = with_tenants(home, None, lambda store: store.number_of(name))
    if number is None:
        raise ConfigurationError(f"there is no tenant {name}; `lazaretto tenant list` shows all")
    return number


def _as_json(leaning: Leaning) -> dict[str, object]:
    return {"subject": leaning.subject, "degree": leaning.degree, "people": leaning.people}


def _line(leaning: Leaning) -> str:
    said = "wanted" if leaning.degree < 0 else "unwanted"
    return f"{leaning.subject}: {said} to {abs(leaning.degree):.0%}, say {leaning.people} people"

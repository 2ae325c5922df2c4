"""``lazaretto digest``: files that all tenants' quarantines taught, and how to take one back."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta

import click

from lazaretto.cli.options import home_option, json_option
from lazaretto.core.errors import ConfigurationError
from lazaretto.db.pool import Pool
from lazaretto.intelligence.digest_store import DigestStore, KnownDigest
from lazaretto.run.consulting import consult
from lazaretto.run.home import Home
from lazaretto.run.ordering import ordered

_SUM = re.compile(r"[0-9a-fA-F]{64}")


@click.group(name="digest", epilog="Example: lazaretto digest dispute --why 'our own installer' SHA256")
def command() -> None:
    """See which files convict mail of all tenants because they were malware once, or let one go."""


@command.command(name="list")
@click.option("--days", default=30, show_default=True, type=click.IntRange(1, 180), help="How far back.")
@click.option("--limit", default=100, show_default=True, type=click.IntRange(1, 10_000), help="At most.")
@home_option
@json_option
def list_(days: int, limit: int, home: Home, as_json: bool) -> None:
    """Print the files that convict, oldest first."""
    since = datetime.now(UTC) - timedelta(days=days)

    async def asked(pool: Pool) -> list[KnownDigest]:
        return await DigestStore(pool).since(since, limit)

    for each in consult(home, "control", asked):
        if as_json:
            told = {"sha256": each.sha256, "name": each.name, "first_seen": each.first_seen.isoformat()}
            click.echo(json.dumps(told, ensure_ascii=False))
        else:
            click.echo(f"{each.first_seen:%Y-%m-%d %H:%M}  {each.sha256}  {each.name}")


@command.command()
@click.argument("sums", nargs=-1, required=True, metavar="SHA256…")
@click.option("--why", required=True, metavar="TEXT", help="Why, for the record.")
@click.option("--as", "by", default="operator", metavar="WHO", help="Who says so, for the record.")
@home_option
def dispute(sums: tuple[str, ...], why: str, by: str, home: Home) -> None:
    """Let files convict nobody any more, neither themselves nor what is nearly the same."""
    wrong = next((each for each in sums if not _SUM.fullmatch(each)), None)
    if wrong is not None:
        raise ConfigurationError(f"{wrong} is no SHA-256 sum: it has 64 hexadecimal digits")
    wanted = tuple(dict.fromkeys(each.lower() for each in sums))

    async def asked(pool: Pool) -> int:
        return await DigestStore(pool).dispute(wanted, datetime.now(UTC))

    told = {"why": why, "sha256": list(wanted)}
    with ordered(home, "digest.dispute", wanted[0], on_behalf_of=by, after=told):
        count = consult(home, "control", asked)
    if count < len(wanted):
        raise ConfigurationError(f"{len(wanted) - count} of {len(wanted)} convict nobody here")
    click.echo(f"{count} convict nobody any more")

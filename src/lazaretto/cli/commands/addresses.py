"""``lazaretto addresses``: a tenant's validation list as a table, and what mail taught of it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from lazaretto.cli.options import confirm, home_option, json_option
from lazaretto.core.errors import ConfigurationError
from lazaretto.run.home import Home
from lazaretto.run.ordering import os_user
from lazaretto.run.storeroom import open_storeroom
from lazaretto.store.scope import Scope
from lazaretto.tenants.address_csv import MOST_OCTETS, Mode

if TYPE_CHECKING:
    from lazaretto.store.addresses import Uploaded


@click.group(name="addresses", epilog="Example: lazaretto addresses upload acme people.csv --dry-run")
def command() -> None:
    """Upload, download and learn the addresses of a tenant."""


@command.command()
@click.argument("tenant")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--replace", is_flag=True, help="Remove every address that FILE does not name.")
@click.option("--dry-run", is_flag=True, help="Only count what would change.")
@click.option("--yes", is_flag=True, help="Do not ask before many addresses go.")
@json_option
@home_option
def upload(
    tenant: str, file: Path, replace: bool, dry_run: bool, yes: bool, as_json: bool, home: Home
) -> None:
    """Add the addresses of the CSV file FILE to those of TENANT."""
    text = _text(file)
    mode = Mode.REPLACE if replace else Mode.MERGE
    with _scope(home, tenant) as scope:
        from lazaretto.store.addresses import upload as uploaded
        from lazaretto.store.removals import UnconfirmedRemoval

        try:
            done = uploaded(scope, text, mode, dry_run=dry_run, confirmed="")
        except UnconfirmedRemoval as asked:
            if not yes:
                confirm(f"{asked}; go on?")
            done = uploaded(scope, text, mode, confirmed=asked.word)
        _tell(tenant, done, dry_run, as_json)


@command.command()
@click.argument("tenant")
@home_option
def download(tenant: str, home: Home) -> None:
    """Print the addresses, aliases and patterns of TENANT as CSV."""
    with _scope(home, tenant) as scope:
        from lazaretto.store.addresses import download as downloaded

        click.echo(downloaded(scope), nl=False)


@command.command()
@click.argument("tenant")
@click.option("--limit", type=click.IntRange(1, 100_000), default=1_000, show_default=True)
@json_option
@home_option
def learned(tenant: str, limit: int, as_json: bool, home: Home) -> None:
    """Print what outgoing mail taught of TENANT's addresses and nobody registered."""
    with _scope(home, tenant) as scope:
        from lazaretto.store.addresses import learned as known

        found = known(scope, limit=limit)
    for each in found:
        if as_json:
            told = {"address": each.address, "source": each.source, "messages": each.messages}
            seen = {"first_seen": each.first_seen.isoformat(), "last_seen": each.last_seen.isoformat()}
            click.echo(json.dumps({**told, **seen}, ensure_ascii=False))
        else:
            click.echo(
                f"{each.address}  {each.messages} messages, {each.first_seen:%Y-%m-%d} to"
                f" {each.last_seen:%Y-%m-%d}, from {each.source}"
            )
    if not found and not as_json:
        click.echo("nothing was learned that is not registered", err=True)


@command.command()
@click.argument("tenant")
@click.argument("addresses", nargs=-1, required=True)
@json_option
@home_option
def adopt(tenant: str, addresses: tuple[str, ...], as_json: bool, home: Home) -> None:
    """Register learned ADDRESSES of TENANT."""
    with _scope(home, tenant) as scope:
        from lazaretto.store.addresses import adopt as adopted

        _tell(tenant, adopted(scope, addresses), False, as_json)


def _tell(tenant: str, done: Uploaded, dry_run: bool, as_json: bool) -> None:
    counts = done.counts
    if as_json:
        from lazaretto.store.addresses import as_json as counted

        click.echo(
            json.dumps(
                {
                    **counted(counts),
                    "version": done.version,
                    "changed": done.changed,
                    "proposal": done.proposal,
                }
            )
        )
        return
    state = "would be" if dry_run or done.proposal else "were"
    click.echo(
        f"{tenant}: {counts.added} addresses {state} added, {counts.removed} removed, {counts.kept} kept; "
        f"then {counts.total} addresses, {counts.aliases} aliases, {counts.patterns} patterns"
    )
    if done.proposal is not None:
        click.echo(f"proposal {done.proposal} waits for a second person; nothing changed yet")
    elif not dry_run:
        click.echo(f"version {done.version} is in force" if done.changed else "nothing changed")


def _text(file: Path) -> str:
    try:
        if file.stat().st_size > MOST_OCTETS:
            raise ConfigurationError(f"{file} is larger than {MOST_OCTETS // 1_000_000} MB; split it")
        return file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as failure:
        raise ConfigurationError(f"cannot read {file} as UTF-8: {failure}") from failure


@contextmanager
def _scope(home: Home, tenant: str) -> Iterator[Scope]:
    with open_storeroom(home):
        from lazaretto.store.people.console import console_scope

        yield console_scope(os_user(), tenant)

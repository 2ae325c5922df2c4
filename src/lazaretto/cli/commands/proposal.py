"""``lazaretto proposal``: changes of a tenant's document that a second person approves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from lazaretto.cli.document_files import read_document
from lazaretto.cli.options import home_option, json_option
from lazaretto.run.home import Home
from lazaretto.run.ordering import os_user
from lazaretto.run.storeroom import open_storeroom
from lazaretto.store.scope import Scope
from lazaretto.tenants.document import parse_document


@click.group(name="proposal", epilog="Example: lazaretto proposal make acme.yaml --note 'for the audit'")
def command() -> None:
    """Propose changes, look at them, approve or reject those of others."""


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@click.option("--note", default="", help="Why, for the one who decides.")
@home_option
def make(file: Path, note: str, home: Home) -> None:
    """Propose to publish FILE; somebody else approves it."""
    text = read_document(file)
    tenant = parse_document(text, file.name).tenant
    with _scope(home, tenant) as scope:
        from lazaretto.store.reviews import propose

        made = propose(scope, text, note=note)
    click.echo(
        f"{tenant}: proposal {made.id} waits for a second person until {made.expires_at:%Y-%m-%d %H:%M}"
    )


@command.command(name="list")
@click.argument("tenant")
@click.option("--all", "everything", is_flag=True, help="Those that were decided or ended as well.")
@json_option
@home_option
def list_proposals(tenant: str, everything: bool, as_json: bool, home: Home) -> None:
    """Print the changes of TENANT that wait, latest first."""
    with _scope(home, tenant) as scope:
        from lazaretto.store.reviews import proposals

        found = proposals(scope, only_open=not everything)
    for each in found:
        if as_json:
            told = {"id": each.id, "state": each.state, "by": each.proposed_by, "note": each.note}
            click.echo(json.dumps({**told, "version": each.version}, ensure_ascii=False))
        else:
            note = f"  {each.note}" if each.note else ""
            click.echo(
                f"{each.id:>5}  {each.state:<8}  {each.proposed_at:%Y-%m-%d %H:%M}  {each.proposed_by}{note}"
            )
    if not found and not as_json:
        click.echo("no change waits", err=True)


@command.command()
@click.argument("tenant")
@click.argument("number", type=int)
@home_option
def show(tenant: str, number: int, home: Home) -> None:
    """Print what proposal NUMBER of TENANT would change."""
    with _scope(home, tenant) as scope:
        from lazaretto.store.reviews import difference

        click.echo(difference(scope, number))


@command.command()
@click.argument("tenant")
@click.argument("number", type=int)
@home_option
def approve(tenant: str, number: int, home: Home) -> None:
    """Publish proposal NUMBER of TENANT; nobody approves an own one."""
    with _scope(home, tenant) as scope:
        from lazaretto.store.reviews import approve as approved

        applied = approved(scope, number)
    click.echo(f"{tenant}: version {applied.version} is in force; it says what proposal {number} says")


@command.command()
@click.argument("tenant")
@click.argument("number", type=int)
@click.option("--reason", default="", help="Why not.")
@home_option
def reject(tenant: str, number: int, reason: str, home: Home) -> None:
    """Reject proposal NUMBER of TENANT, or withdraw an own one."""
    with _scope(home, tenant) as scope:
        from lazaretto.store.reviews import reject as rejected

        rejected(scope, number, reason)
    click.echo(f"{tenant}: proposal {number} is rejected")


@contextmanager
def _scope(home: Home, tenant: str) -> Iterator[Scope]:
    with open_storeroom(home):
        from lazaretto.store.people.console import console_scope

        yield console_scope(os_user(), tenant)

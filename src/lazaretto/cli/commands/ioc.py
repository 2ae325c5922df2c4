"""``lazaretto ioc``: indicators of compromise that administrators enter, each with owner and end."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import click

from lazaretto.cli.options import home_option, json_option
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.indicators import IndicatorAction, IndicatorKind
from lazaretto.intelligence.indicator_store import Entry, Wish
from lazaretto.intelligence.indicator_table import read_table, table_of
from lazaretto.run.home import Home
from lazaretto.run.indicators import OPERATOR, Scope, scope_of, with_indicators
from lazaretto.run.ordering import ordered

_KINDS = ", ".join(each.value for each in IndicatorKind)
_ACTIONS = ", ".join(each.value for each in IndicatorAction)


def scope_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """Say whose entries are meant."""
    tenant = click.option("--tenant", metavar="NAME", help="Whose entries: those of this tenant.")
    everywhere = click.option("--everywhere", is_flag=True, help="The operator's entries, for all tenants.")
    return tenant(everywhere(command))


owner_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--as",
    "owner",
    metavar="ADMIN",
    help="Who says so: an administrator of the tenant; the operator if left out.",
)


@click.group(name="ioc", epilog="Example: lazaretto ioc add url bad.example/kit --tenant acme --action block")
def command() -> None:
    """Block, quarantine, redirect, mark or allow mail by single traits; in force within seconds."""


@command.command(help=f"Add an entry, or change the one about the same VALUE.\n\nKINDs: {_KINDS}.")
@click.argument("kind")
@click.argument("value")
@scope_options
@click.option("--action", default="block", show_default=True, help=f"One of {_ACTIONS}.")
@click.option("--direction", default="both", show_default=True, help="inbound, outbound or both.")
@click.option("--days", default=7, show_default=True, type=int, help="How long it counts; at most 30.")
@click.option("--reason", default="", metavar="TEXT", help="Why, for colleagues.")
@owner_option
@home_option
def add(
    kind: str, value: str, tenant: str | None, everywhere: bool, action: str, direction: str, days: int,
    reason: str, owner: str | None, home: Home,
) -> None:  # fmt: skip
    """Add one entry."""
    wish = Wish.parse(kind=kind, value=value, action=action, direction=direction, days=days, reason=reason)
    scope = scope_of(home, tenant, everywhere=everywhere, owner=owner)
    now = datetime.now(UTC)
    told = {"kind": kind, "value": wish.value, "action": wish.action.value, "days": days, "reason": reason}
    with _ordered(home, scope, "add", wish.value, after=told):
        (number,) = with_indicators(home, lambda store: store.add(scope.tenant, [wish], scope.owner, now))
    click.echo(f"#{number}: {wish.action.value} {wish.kind.value} {wish.value} for {days} days")


@command.command(name="list")
@scope_options
@home_option
@json_option
def list_entries(tenant: str | None, everywhere: bool, home: Home, as_json: bool) -> None:
    """Print the entries, newest first, with what each was found in."""
    scope = scope_of(home, tenant, everywhere=everywhere)
    entries = with_indicators(home, lambda store: store.list(scope.tenant))
    for entry in entries:
        click.echo(json.dumps(_as_json(entry), ensure_ascii=False) if as_json else _line(entry))
    if not entries and not as_json:
        click.echo("no indicator yet; `lazaretto ioc add` makes one", err=True)


@command.command()
@click.argument("ids", nargs=-1, required=True, type=click.IntRange(1), metavar="ID…")
@scope_options
@home_option
def remove(ids: tuple[int, ...], tenant: str | None, everywhere: bool, home: Home) -> None:
    """Remove entries by their numbers."""
    scope = scope_of(home, tenant, everywhere=everywhere)
    before = {entry.id: entry for entry in with_indicators(home, lambda store: store.list(scope.tenant))}
    told = [f"{before[each].kind} {before[each].value}" for each in ids if each in before]
    with _ordered(home, scope, "remove", _numbers(ids), before=told):
        done = with_indicators(home, lambda store: store.remove(scope.tenant, ids))
    _tell(ids, done, "removed")


@command.command()
@click.argument("ids", nargs=-1, required=True, type=click.IntRange(1), metavar="ID…")
@scope_options
@click.option("--days", default=7, show_default=True, type=click.IntRange(1, 30), help="How long from now.")
@home_option
def renew(ids: tuple[int, ...], tenant: str | None, everywhere: bool, days: int, home: Home) -> None:
    """Let entries count for longer, also those that ended within the last two weeks."""
    scope = scope_of(home, tenant, everywhere=everywhere)
    life, now = timedelta(days=days), datetime.now(UTC)
    with _ordered(home, scope, "renew", _numbers(ids), after={"days": days}):
        done = with_indicators(home, lambda store: store.renew(scope.tenant, ids, life, now))
    _tell(ids, done, "renewed")


@command.command(name="import")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@scope_options
@click.option("--replace", is_flag=True, help="Remove all entries that FILE does not have.")
@owner_option
@home_option
def import_table(
    file: Path, tenant: str | None, everywhere: bool, replace: bool, owner: str | None, home: Home
) -> None:
    """Add the entries of a CSV FILE: all, or none when a line is wrong."""
    try:
        wishes = read_table(file.read_text(encoding="utf-8-sig"), file.name)
    except (OSError, UnicodeDecodeError) as failure:
        raise ConfigurationError(f"cannot read {file}: {failure}") from failure
    scope = scope_of(home, tenant, everywhere=everywhere, owner=owner)
    now = datetime.now(UTC)
    act, told = "replace" if replace else "add", [f"{each.kind.value} {each.value}" for each in wishes[:100]]
    with _ordered(home, scope, act, file.name, after={"entries": len(wishes), "some": told}):
        ids = with_indicators(
            home, lambda store: store.add(scope.tenant, wishes, scope.owner, now, replace=replace)
        )
    click.echo(f"{len(ids)} entries {'are all there is' if replace else 'added or changed'}")


@command.command()
@scope_options
@home_option
def export(tenant: str | None, everywhere: bool, home: Home) -> None:
    """Print the entries as CSV, as `import` reads it."""
    scope: Scope = scope_of(home, tenant, everywhere=everywhere)
    entries = with_indicators(home, lambda store: store.list(scope.tenant))
    click.echo(table_of(entries, datetime.now(UTC)), nl=False)


def _ordered(
    home: Home, scope: Scope, act: str, subject: str, *, before: Any = None, after: Any = None
) -> AbstractContextManager[None]:
    by = "" if scope.owner == OPERATOR else scope.owner
    return ordered(
        home,
        f"indicator.{act}",
        subject,
        tenants=[scope.tenant],
        on_behalf_of=by,
        before=before,
        after=after,
    )


def _numbers(ids: Sequence[int]) -> str:
    return ", ".join(f"#{each}" for each in ids)


def _tell(wanted: Sequence[int], done: set[int], what: str) -> None:
    for number in wanted:
        if number in done:
            click.echo(f"#{number}: {what}")
    if missing := [f"#{each}" for each in wanted if each not in done]:
        raise ConfigurationError(f"{', '.join(missing)}: no such entry here; `lazaretto ioc list` shows all")


def _as_json(entry: Entry) -> dict[str, Any]:
    return {
        "id": entry.id,
        "kind": entry.kind,
        "value": entry.value,
        "action": entry.action,
        "direction": entry.direction,
        "owner": entry.owner,
        "reason": entry.reason,
        "created_at": entry.created_at.isoformat(),
        "expires_at": entry.expires_at.isoformat(),
        "in_force": entry.expires_at > datetime.now(UTC),
        "hits": entry.hits,
        "last_hit_at": entry.last_hit_at.isoformat() if entry.last_hit_at else None,
    }


def _line(entry: Entry) -> str:
    state = "until" if entry.expires_at > datetime.now(UTC) else "ended"
    last = f", last {entry.last_hit_at:%Y-%m-%d}" if entry.last_hit_at else ""
    return (
        f"#{entry.id}  {entry.action:<10} {entry.kind} {entry.value}  {entry.direction}"
        f"  {state} {entry.expires_at:%Y-%m-%d %H:%M}  {entry.hits} hits{last}"
        f"  by {entry.owner}  {entry.reason}"
    ).rstrip()

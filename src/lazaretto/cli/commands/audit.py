"""``lazaretto audit``: who ordered what, and whether the record of it is whole."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import click

from lazaretto.cli.options import home_option, json_option
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.journal.auditing import OPERATOR, AuditLog, Entry, Verified
from lazaretto.run.consulting import consult
from lazaretto.run.home import Home
from lazaretto.run.publishing import with_tenants


@click.group(name="audit", epilog="Example: lazaretto audit verify")
def command() -> None:
    """Read and verify the record of what people ordered."""


@command.command(name="list")
@click.option("--tenant", metavar="NAME", help="Of which tenant; without it the operator's own acts.")
@click.option("--act", default="", metavar="NOUN.VERB", help="Only these acts.")
@click.option("--limit", type=click.IntRange(1, 100_000), default=100, show_default=True)
@home_option
@json_option
def list_entries(tenant: str | None, act: str, limit: int, home: Home, as_json: bool) -> None:
    """Print what was ordered, latest first."""
    chain = _chain(home, tenant)

    async def read(pool: Pool) -> Sequence[Entry]:
        return await AuditLog(pool).read(chain, act=act, limit=limit)

    entries = consult(home, "control", read)
    for entry in entries:
        click.echo(json.dumps(_as_json(entry), ensure_ascii=False) if as_json else _line(entry))
    if not entries and not as_json:
        click.echo("nothing was ordered", err=True)


@command.command()
@home_option
def verify(home: Home) -> None:
    """Read every chain again; exit 1 when an entry was changed or removed.

    Keep the printed heads elsewhere: they prove each chain up to its latest entry.
    """

    async def verified(pool: Pool) -> list[Verified]:
        log = AuditLog(pool)
        return [await log.verify(tenant) for tenant in await log.chains()]

    chains = consult(home, "control", verified)
    names = _names(home)
    for chain in chains:
        name = names.get(chain.tenant, f"tenant {chain.tenant}")
        state = f"does not hold: {chain.problem}" if chain.problem else "holds"
        before = f" after {chain.forgotten} that are forgotten" if chain.forgotten else ""
        click.echo(f"{name}: {chain.entries} entries{before}, head {chain.head[:16]}… {state}")
    broken = [chain for chain in chains if chain.problem]
    if broken:
        raise ConfigurationError(
            f"{len(broken)} of {len(chains)} chains do not hold; compare database control with a backup"
        )


def _chain(home: Home, tenant: str | None) -> TenantId:
    if tenant is None:
        return OPERATOR
    number = with_tenants(home, None, lambda store: store.number_of(tenant))
    if number is None:
        raise ConfigurationError(f'there is no tenant "{tenant}"; `lazaretto tenant list` names them all')
    return number


def _names(home: Home) -> dict[TenantId, str]:
    async def named(store: Any) -> dict[TenantId, str]:
        return {state.tenant: name for name, state in (await store.states()).items()}

    return {OPERATOR: "platform", **with_tenants(home, None, named)}


def _as_json(entry: Entry) -> dict[str, Any]:
    return {
        "number": entry.number,
        "at": entry.at.isoformat(),
        "actor": entry.actor,
        "on_behalf_of": entry.on_behalf_of,
        "client": entry.client,
        "act": entry.act,
        "object": entry.object,
        "before": entry.before,
        "after": entry.after,
        "hash": bytes(entry.hash).hex(),
    }


def _line(entry: Entry) -> str:
    acting_for = f" for {entry.on_behalf_of}" if entry.on_behalf_of else ""
    when = f"{entry.number:>6}  {entry.at:%Y-%m-%d %H:%M:%S}"
    return f"{when}  {entry.actor}{acting_for}  {entry.act}  {entry.object}"

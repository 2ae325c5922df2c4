"""``lazaretto keys``: rotation of the keys that seal content at rest."""

from __future__ import annotations

import click

from lazaretto.cli.options import home_option
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.run.consulting import consult
from lazaretto.run.home import Home
from lazaretto.run.ordering import ordered
from lazaretto.run.publishing import with_tenants
from lazaretto.spool.data_keys import DataKeyRows
from lazaretto.spool.key_rows import TenantKeyRows
from lazaretto.spool.keys import Keys
from lazaretto.spool.signing_keys import SigningDataKeys


@click.group(name="keys", epilog="Example: lazaretto keys rotate acme")
def command() -> None:
    """Rotate keys; content is never rewritten."""


@command.command()
@click.argument("tenant", required=False)
@click.option("--master", is_flag=True, help="Rotate the master key instead of a tenant's.")
@home_option
def rotate(tenant: str | None, master: bool, home: Home) -> None:
    """Make a new key for TENANT and wrap its data keys again, or the same one level up."""
    if master and tenant is not None:
        raise click.UsageError("name a tenant or say --master, not both")
    if not master and tenant is None:
        raise click.UsageError("name a tenant, or say --master")
    number = None if tenant is None else _number(home, tenant)

    async def turn(pool: Pool) -> int:
        keys = await Keys.open(home.master_key, TenantKeyRows(pool))
        if number is None:
            return await keys.rotate_master()
        await keys.rotate(number)
        return await keys.rewrap(number, DataKeyRows(pool)) + await keys.rewrap(number, SigningDataKeys(pool))

    with ordered(home, "keys.rotate", "master key" if tenant is None else tenant, tenants=[number]):
        count = consult(home, "spool", turn)
    what = (
        "tenant keys are wrapped by the new master key" if master else "data keys are wrapped by the new key"
    )
    click.echo(f"{count} {what}")
    if master:
        click.echo(f"copy {home.master_key} to your backup and to every other node now")


def _number(home: Home, name: str) -> TenantId:
    number = with_tenants(home, None, lambda store: store.number_of(name))
    if number is None:
        raise ConfigurationError(f"there is no tenant {name}; `lazaretto tenant list` shows all")
    return number

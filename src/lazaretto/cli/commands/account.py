"""``lazaretto account``: who may use the API and the portals, given from this machine."""

from __future__ import annotations

import click

from lazaretto.cli.options import confirm, home_option
from lazaretto.core.errors import ConfigurationError
from lazaretto.run.home import Home
from lazaretto.run.ordering import os_user
from lazaretto.run.storeroom import open_storeroom
from lazaretto.store.roles import ROLES


@click.group(
    name="account",
    epilog="Example: lazaretto account add eva@customer.example --tenant acme --role read-only",
)
def command() -> None:
    """Add, list and remove accounts, and make tokens for them."""


@command.command()
@click.argument("email")
@click.option("--tenant", metavar="NAME", help="In which tenant; without it on the whole platform.")
@click.option("--reseller", metavar="NAME", help="In every tenant that this reseller sold.")
@click.option("--role", type=click.Choice(sorted(ROLES)), required=True, help="What the account may do.")
@click.option("--name", default="", help="The person's name.")
@click.option("--language", type=click.Choice(("en", "fr", "nl", "de")), default="en", show_default=True)
@home_option
def add(
    email: str, tenant: str | None, reseller: str | None, role: str, name: str, language: str, home: Home
) -> None:
    """Make an account for EMAIL with a ROLE."""
    if tenant and reseller:
        raise ConfigurationError("a grant is for one tenant or for a reseller's; leave one of both out")
    with open_storeroom(home):
        if reseller:
            from lazaretto.store.people.commands import grant_to_reseller
            from lazaretto.store.people.console import console_scope

            grant_to_reseller(console_scope(os_user(), None), email, reseller, role)
            click.echo(f"{email}: {role} in the tenants of {reseller}")
            return
        from lazaretto.store.people.commands import Granted, add_account
        from lazaretto.store.people.console import console_scope

        account = add_account(
            console_scope(os_user(), tenant), email, Granted(role=role), name=name, language=language
        )
        click.echo(f"{account.email}: {role} {f'in {tenant}' if tenant else 'on the platform'}")


@command.command(name="list")
@click.option("--tenant", metavar="NAME", help="Of which tenant; without it the operator's.")
@home_option
def list_accounts(tenant: str | None, home: Home) -> None:
    """Print the accounts with their roles."""
    with open_storeroom(home):
        from lazaretto.store.people.console import console_scope
        from lazaretto.store.people.queries import accounts, grant_of

        scope = console_scope(os_user(), tenant)
        found = list(accounts(scope))
        for account in found:
            click.echo(f"{account.email}  {grant_of(scope, account).role or 'own permissions'}")
        if not found:
            click.echo("no account yet; `lazaretto account add` makes one", err=True)


@command.command()
@click.argument("email")
@click.option("--tenant", metavar="NAME", help="From which tenant; without it from the platform.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
def remove(email: str, tenant: str | None, yes: bool, home: Home) -> None:
    """Take away what EMAIL is granted; its tokens end with its last grant."""
    if not yes:
        confirm(f"Take away what {email} is granted {f'in {tenant}' if tenant else 'on the platform'}?")
    with open_storeroom(home):
        from lazaretto.store.people.commands import remove_account
        from lazaretto.store.people.console import account_of, console_scope

        remove_account(console_scope(os_user(), tenant), account_of(email).id)
        click.echo(f"{email}: removed")


@command.command()
@click.argument("email")
@click.option("--name", required=True, help="What the token is for.")
@click.option("--permission", "permissions", multiple=True, metavar="AREA:RIGHT", help="Only these rights.")
@click.option("--days", type=click.IntRange(1, 3_650), help="How long it is good; without it until revoked.")
@home_option
def token(email: str, name: str, permissions: tuple[str, ...], days: int | None, home: Home) -> None:
    """Print a new API token of the account EMAIL; it is shown this once."""
    with open_storeroom(home):
        from lazaretto.store.people.console import console_token

        click.echo(console_token(os_user(), email, name, permissions, days))


@command.command()
@click.argument("email")
@click.option("--name", required=True, help="The token's name.")
@home_option
def revoke(email: str, name: str, home: Home) -> None:
    """End the tokens of the account EMAIL that are called NAME, at once."""
    with open_storeroom(home):
        from lazaretto.store.people.console import revoke_called

        count = revoke_called(os_user(), email, name)
        if not count:
            raise ConfigurationError(f"{email} has no token called {name!r}")
        click.echo(f"{count} token(s) called {name!r} revoked")


@command.command()
@click.argument("email")
@home_option
def invite(email: str, home: Home) -> None:
    """Mail EMAIL a link to choose a password with, and print it."""
    with open_storeroom(home):
        from lazaretto.store.people.console import account_of, console_scope
        from lazaretto.store.people.invitations import invite as invited

        click.echo(invited(console_scope(os_user(), None), account_of(email)))


@command.command(name="initial-password")
@click.argument("email")
@home_option
def initial_password(email: str, home: Home) -> None:
    """Give EMAIL a password that has to be changed at once, and print it."""
    with open_storeroom(home):
        from lazaretto.store.people.console import account_of, console_scope
        from lazaretto.store.people.invitations import give_initial_password

        click.echo(give_initial_password(console_scope(os_user(), None), account_of(email)))


@command.command(name="take-factors")
@click.argument("email")
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
def take_factors(email: str, yes: bool, home: Home) -> None:
    """Take all second factors and recovery codes of EMAIL away, who lost them."""
    if not yes:
        confirm(f"Did you make sure that it is {email} who asks?")
    with open_storeroom(home):
        from lazaretto.store.people.console import account_of, console_scope
        from lazaretto.store.people.invitations import take_factors as take

        take(console_scope(os_user(), None), account_of(email))
        click.echo(f"{email}: no second factor any more")


@command.command(name="break-glass")
@click.argument("email")
@home_option
def break_glass(email: str, home: Home) -> None:
    """Let EMAIL be the account for emergencies: every use of it raises an alarm."""
    with open_storeroom(home):
        from lazaretto.store.people.console import account_of, console_scope
        from lazaretto.store.people.invitations import make_break_glass

        make_break_glass(console_scope(os_user(), None), account_of(email))
        click.echo(f"{email}: every use raises an alarm")

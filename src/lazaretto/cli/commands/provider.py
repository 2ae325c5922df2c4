"""``lazaretto provider``: the identity providers with which people of a tenant's domains sign in."""

from __future__ import annotations

import getpass
from pathlib import Path

import click

from lazaretto.cli.options import confirm, home_option
from lazaretto.run.home import Home
from lazaretto.run.storeroom import open_storeroom


@click.group(
    name="provider",
    epilog="Example: lazaretto provider oidc acme.example --tenant acme --issuer https://login.acme.example"
    " --client lazaretto",
)
def command() -> None:
    """Let people of a domain sign in with their organisation's identity provider."""


@command.command()
@click.argument("domain")
@click.option("--tenant", required=True, metavar="NAME", help="Whose domain it is.")
@click.option("--issuer", required=True, metavar="ADDRESS", help="As its discovery document says.")
@click.option("--client", required=True, metavar="ID", help="As which client it knows us.")
@click.option(
    "--secret-file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Holds our secret there.",
)
@click.option("--name", default="", help="What the button says; without it the domain.")
@click.option("--only-way", is_flag=True, help="People of the domain cannot sign in otherwise.")
@click.option(
    "--trusts-addresses",
    is_flag=True,
    help="It does not say that it verifies addresses, and does all the same.",
)
@home_option
def oidc(
    domain: str,
    tenant: str,
    issuer: str,
    client: str,
    secret_file: Path | None,
    name: str,
    only_way: bool,
    trusts_addresses: bool,
    home: Home,
) -> None:
    """Let people of DOMAIN sign in by OpenID Connect."""
    secret = "" if secret_file is None else secret_file.read_text(encoding="utf-8").strip()
    with open_storeroom(home):
        from lazaretto.store.given import given
        from lazaretto.store.people.console import console_scope
        from lazaretto.store.people.providers import set_provider

        settings = {"issuer": issuer, "client_id": client, "trusts_addresses": trusts_addresses}
        scope = console_scope(getpass.getuser(), tenant)
        set_provider(scope, domain, "oidc", name or domain, settings, secret=secret, is_only_way=only_way)
        click.echo(f"{domain}: signs in with {issuer}; allow it to answer to {given().base_url}/sign-in/oidc")


@command.command()
@click.argument("domain")
@click.option("--tenant", required=True, metavar="NAME", help="Whose domain it is.")
@click.option("--entity-id", required=True, metavar="NAME", help="What the provider calls itself.")
@click.option(
    "--sign-in-address", required=True, metavar="ADDRESS", help="Where people are sent (HTTP-Redirect)."
)
@click.option(
    "--certificate",
    required=True,
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="With what it signs, as PEM.",
)
@click.option("--name", default="", help="What the button says; without it the domain.")
@click.option("--only-way", is_flag=True, help="People of the domain cannot sign in otherwise.")
@home_option
def saml(
    domain: str,
    tenant: str,
    entity_id: str,
    sign_in_address: str,
    certificate: Path,
    name: str,
    only_way: bool,
    home: Home,
) -> None:
    """Let people of DOMAIN sign in by SAML 2.0."""
    with open_storeroom(home):
        from lazaretto.store.given import given
        from lazaretto.store.people.console import console_scope
        from lazaretto.store.people.providers import set_provider

        settings = {
            "entity_id": entity_id,
            "sign_in_address": sign_in_address,
            "certificate": certificate.read_text(encoding="ascii"),
        }
        scope = console_scope(getpass.getuser(), tenant)
        made = set_provider(scope, domain, "saml", name or domain, settings, is_only_way=only_way)
        described = f"{given().base_url}/sign-in/saml/{made.id}/metadata"
        click.echo(f"{domain}: signs in with {entity_id}; we describe ourselves at {described}")


@command.command(name="list")
@click.option("--tenant", required=True, metavar="NAME", help="Of which tenant.")
@home_option
def list_providers(tenant: str, home: Home) -> None:
    """Print a tenant's providers."""
    with open_storeroom(home):
        from lazaretto.store.people.console import console_scope
        from lazaretto.store.people.providers import providers

        found = providers(console_scope(getpass.getuser(), tenant))
        for each in found:
            what = each.settings.get("issuer") or each.settings.get("entity_id")
            click.echo(f"{each.domain}  {each.kind}  {what}{'  (the only way)' if each.is_only_way else ''}")
        if not found:
            click.echo("no provider yet; `lazaretto provider oidc` makes one known", err=True)


@command.command()
@click.argument("domain")
@click.option("--tenant", required=True, metavar="NAME", help="Whose domain it is.")
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
def remove(domain: str, tenant: str, yes: bool, home: Home) -> None:
    """Let people of DOMAIN sign in as others do."""
    if not yes:
        confirm(f"Remove the identity provider of {domain}?")
    with open_storeroom(home):
        from lazaretto.store.people.console import console_scope
        from lazaretto.store.people.providers import remove_provider

        remove_provider(console_scope(getpass.getuser(), tenant), domain)
        click.echo(f"{domain}: removed")

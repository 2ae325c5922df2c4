"""``lazaretto dkim``: keys that sign what leaves, and the DNS records that go with them."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine, Sequence
from contextlib import AbstractContextManager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final, TypeVar

import click

from lazaretto.cli.options import confirm, home_option, json_option
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.facts import Resolver
from lazaretto.core.identity import PLATFORM, TenantId
from lazaretto.db.pool import Pool
from lazaretto.delivery.domain_keys import DomainKeys, Published, check, may_be_removed, zone_lines
from lazaretto.detect.authentication.signing import Algorithm
from lazaretto.run.consulting import consult
from lazaretto.run.home import Home
from lazaretto.run.naming import resolver_of
from lazaretto.run.options import RunOptions
from lazaretto.run.ordering import ordered
from lazaretto.run.publishing import with_tenants
from lazaretto.run.settings import load_settings
from lazaretto.spool.key_rows import TenantKeyRows
from lazaretto.spool.keys import Keys
from lazaretto.spool.signing_keys import KeyState, SigningKeys, StoredKey
from lazaretto.tenants.store import TenantStore
from lazaretto.tenants.values import domain_name

T = TypeVar("T")
_ALGORITHMS: Final = {"rsa-2048": Algorithm.RSA, "ed25519": Algorithm.ED25519}

platform_option = click.option(
    "--platform", is_flag=True, help="The domain is the platform's own: for notices, reports and ARC seals."
)
dns_option = click.option(
    "--dns",
    "dns_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    metavar="FILE.json",
    help="Answer DNS from this file instead of asking a resolver.",
)


@click.group(name="dkim", epilog="Example: lazaretto dkim add customer.example")
def command() -> None:
    """Sign what leaves for a domain: make keys, print their DNS records, turn them over."""


@command.command(epilog="Example: lazaretto dkim add customer.example --algorithm ed25519")
@click.argument("domain")
@click.option(
    "--algorithm",
    type=click.Choice(sorted(_ALGORITHMS)),
    default="rsa-2048",
    show_default=True,
    help="Every verifier knows rsa-2048; ed25519 may be used besides it.",
)
@platform_option
@home_option
def add(domain: str, algorithm: str, platform: bool, home: Home) -> None:
    """Make a key for DOMAIN that waits, and print the record to publish."""
    with _ordered(home, "add", domain, platform):
        key = _with_keys(home, domain, platform, lambda keys: keys.add(_ALGORITHMS[algorithm], _now()))
    click.echo(zone_lines(key))
    click.echo(f"publish this record, then `lazaretto dkim rotate {key.domain}` lets the key sign", err=True)


@command.command(name="list", epilog="Example: lazaretto dkim list --json")
@click.argument("domain", required=False)
@home_option
@json_option
def list_keys(domain: str | None, home: Home, as_json: bool) -> None:
    """Print all keys, or those of DOMAIN, with what each does."""
    wanted = None if domain is None else _domain(domain)

    async def listed(pool: Pool) -> Sequence[StoredKey]:
        return await SigningKeys(pool, await _opened(home, pool)).list()

    keys = [
        key
        for key in consult(home, "spool", listed)
        if key.state is not KeyState.REMOVED and wanted in (None, key.domain)
    ]
    for key in keys:
        click.echo(json.dumps(_as_json(key)) if as_json else _line(key))
    if not keys and not as_json:
        click.echo("no keys; make one with `lazaretto dkim add DOMAIN`", err=True)


@command.command(epilog="Example: lazaretto dkim records customer.example")
@click.argument("domain")
@platform_option
@home_option
def records(domain: str, platform: bool, home: Home) -> None:
    """Print the records that DOMAIN must have in its DNS, as a zone file has them."""
    keys = _with_keys(home, domain, platform, lambda keys: keys.keys())
    for key in keys:
        click.echo(zone_lines(key))
    if not keys:
        raise ConfigurationError(f"{_domain(domain)} has no keys; make one with `lazaretto dkim add`")


@command.command(name="check", epilog="Example: lazaretto dkim check customer.example")
@click.argument("domain")
@platform_option
@dns_option
@home_option
def check_records(domain: str, platform: bool, dns_file: Path | None, home: Home) -> None:
    """Ask the DNS whether the records of DOMAIN are published; exit code 1 when one is missing."""

    async def checked(keys: DomainKeys) -> list[tuple[StoredKey, Published]]:
        found = await check(await keys.keys(), _resolver(home, dns_file))
        return [(each.key, each.published) for each in found]

    found = _with_keys(home, domain, platform, checked)
    for key, published in found:
        click.echo(f"{key.record_name}: {published.value} ({key.state.value})")
    if not found:
        raise ConfigurationError(f"{_domain(domain)} has no keys; make one with `lazaretto dkim add`")
    missing = [key for key, published in found if published is not Published.YES]
    if missing:
        raise ConfigurationError(
            f"{len(missing)} of {len(found)} records are not published; "
            f"`lazaretto dkim records {_domain(domain)}` prints them"
        )


@command.command(epilog="Example: lazaretto dkim rotate customer.example")
@click.argument("domain")
@click.option("--unchecked", is_flag=True, help="Do not look whether the waiting key is published.")
@platform_option
@dns_option
@home_option
def rotate(domain: str, unchecked: bool, platform: bool, dns_file: Path | None, home: Home) -> None:
    """Let the key that waits sign for DOMAIN, retire the one before it, and make the next."""

    async def turn(keys: DomainKeys) -> tuple[list[StoredKey], list[StoredKey], list[StoredKey]]:
        return await keys.turn_over(None if unchecked else _resolver(home, dns_file), _now())

    with _ordered(home, "rotate", domain, platform):
        begun, retired, made = _with_keys(home, domain, platform, turn)
    for key in begun:
        click.echo(f"{key.selector} signs for {key.domain} from now on ({key.algorithm})")
    for key in retired:
        click.echo(f"{key.selector} is retired; leave its record in the DNS for 14 days")
    for key in made:
        click.echo(f"{key.selector} waits for the next turn; publish its record:")
        click.echo(zone_lines(key))


@command.command(epilog="Example: lazaretto dkim remove customer.example lz1")
@click.argument("domain")
@click.argument("selector")
@click.option("--yes", is_flag=True, help="Do not ask.")
@platform_option
@home_option
def remove(domain: str, selector: str, yes: bool, platform: bool, home: Home) -> None:
    """Destroy the private key SELECTOR of DOMAIN for good."""

    async def found(keys: DomainKeys) -> StoredKey | None:
        return next((key for key in await keys.keys() if key.selector == selector), None)

    key = _with_keys(home, domain, platform, found)
    if key is not None and not may_be_removed(key, _now()) and not yes:
        confirm(f"{selector} is {key.state.value}: mail that it signed may be on its way. Destroy it?")
    with _ordered(home, "remove", f"{selector} of {domain}", platform, domain):
        gone = _with_keys(home, domain, platform, lambda keys: keys.remove(selector, _now()))
    click.echo(f"{gone.record_name} is removed; delete its record from the DNS")


def _ordered(
    home: Home, act: str, subject: str, platform: bool, domain: str = ""
) -> AbstractContextManager[None]:
    owner = None if platform else _owner(home, _domain(domain or subject))
    return ordered(home, f"dkim.{act}", subject.lower(), tenants=[owner])


def _with_keys(
    home: Home, domain: str, platform: bool, ask: Callable[[DomainKeys], Coroutine[Any, Any, T]]
) -> T:
    name = _domain(domain)
    tenant = PLATFORM if platform else _owner(home, name)

    async def asked(pool: Pool) -> T:
        store = SigningKeys(pool, await _opened(home, pool))
        return await ask(DomainKeys(store, tenant, name))

    return consult(home, "spool", asked)


async def _opened(home: Home, pool: Pool) -> Keys:
    return await Keys.open(home.master_key, TenantKeyRows(pool))


def _owner(home: Home, domain: str) -> TenantId:
    async def found(store: TenantStore) -> TenantId | None:
        name = await store.owner_of(domain)
        return None if name is None else await store.number_of(name)

    number = with_tenants(home, None, found)
    if number is None:
        raise ConfigurationError(
            f"no tenant receives mail for {domain}; name a tenant's domain, or say --platform for ours"
        )
    return number


def _resolver(home: Home, dns_file: Path | None) -> Resolver:
    return resolver_of(load_settings(home), RunOptions(dns_file=str(dns_file or "")))


def _domain(text: str) -> str:
    try:
        return domain_name(text)
    except ValueError as failure:
        raise click.UsageError(str(failure)) from failure


def _now() -> datetime:
    return datetime.now(UTC)


def _as_json(key: StoredKey) -> dict[str, str]:
    return {
        "domain": key.domain,
        "selector": key.selector,
        "algorithm": key.algorithm,
        "state": key.state.value,
        "created_at": key.created_at.isoformat(),
        "changed_at": key.changed_at.isoformat(),
        "name": key.record_name,
        "record": key.record,
    }


def _line(key: StoredKey) -> str:
    whose = "  (platform)" if key.tenant == PLATFORM else ""
    since = f"{key.state.value} since {key.changed_at:%Y-%m-%d}"
    return f"{key.domain}  {key.selector}  {key.algorithm}  {since}{whose}"

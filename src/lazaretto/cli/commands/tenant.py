"""``lazaretto tenant``: a tenant's whole configuration as one document."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import click

from lazaretto.cli.options import home_option, json_option
from lazaretto.core.errors import ConfigurationError
from lazaretto.run.home import Home
from lazaretto.run.publishing import publish, with_tenants
from lazaretto.tenants.checking import check as remarks_on
from lazaretto.tenants.document import parse_document
from lazaretto.tenants.remarks import Severity
from lazaretto.tenants.showing import shown


@click.group(name="tenant", epilog="Example: lazaretto tenant apply acme.yaml")
def command() -> None:
    """Publish, show and check tenants' documents."""


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
@home_option
def apply(file: Path, home: Home) -> None:
    """Publish FILE; returns when the version is in force in every process."""
    applied, late = publish(home, None, _text(file), file.name)
    if late:
        raise ConfigurationError(
            f"version {applied.version} of {applied.name} is published, but not yet in force in:"
            f" {', '.join(late)}; look at their logs"
        )
    state = "is in force" if applied.changed else "was in force already; nothing changed"
    click.echo(f"{applied.name}: version {applied.version} {state}")


@command.command()
@click.argument("name")
@home_option
def export(name: str, home: Home) -> None:
    """Print the document of tenant NAME that is in force."""
    click.echo(with_tenants(home, None, lambda store: store.export(name)), nl=False)


@command.command(epilog="Example: lazaretto tenant show acme --address bob@customer.example")
@click.argument("name")
@click.option("--domain", default="", metavar="D", help="Settings of the people of this domain.")
@click.option("--group", default="", metavar="G", help="Settings of this group.")
@click.option("--address", default="", metavar="A", help="Settings that hold for this address.")
@click.option("--all", "everything", is_flag=True, help="Defaults, too.")
@json_option
@home_option
def show(
    name: str, domain: str, group: str, address: str, everything: bool, as_json: bool, home: Home
) -> None:
    """Print which settings of tenant NAME hold, and where each of them comes from."""
    text = with_tenants(home, None, lambda store: store.export(name))
    document = parse_document(text, name)
    for each in shown(document, domain=domain.lower(), group=group, address=address):
        if each.origin == "default" and not everything:
            continue
        if as_json:
            click.echo(json.dumps({"setting": each.path, "value": each.value, "from": each.origin}))
        else:
            value = json.dumps(each.value, ensure_ascii=False)
            value = value if len(value) <= 100 else f"{value[:97]}..."
            click.echo(f"{each.path} = {value}  (from {each.origin})")


@command.command(name="list")
@home_option
def list_names(home: Home) -> None:
    """Print the names of all tenants."""
    names = with_tenants(home, None, lambda store: store.names())
    for name in names:
        click.echo(name)
    if not names:
        click.echo("no tenant yet; `lazaretto tenant apply FILE.yaml` makes one", err=True)


@command.command()
@click.argument("name")
@home_option
def history(name: str, home: Home) -> None:
    """Print the versions of tenant NAME, latest first."""
    for version in with_tenants(home, None, lambda store: store.history(name)):
        note = f"  {version.note}" if version.note else ""
        click.echo(
            f"{version.number:>5}  {version.published_at:%Y-%m-%d %H:%M:%S}  {version.published_by}{note}"
        )


@command.command()
@click.argument("name")
@click.argument("version", type=int)
@home_option
def rollback(name: str, version: int, home: Home) -> None:
    """Publish the document of an older VERSION of tenant NAME again."""
    applied = with_tenants(home, None, lambda store: store.rollback(name, version))
    click.echo(f"{applied.name}: version {applied.version} is published; it says what version {version} said")


@command.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def check(file: Path) -> None:
    """Tell whether FILE is right, with the line of each mistake; exit 1 when it is not."""
    remarks = remarks_on(_text(file), file.name, datetime.now(UTC).date())
    for remark in remarks:
        click.echo(remark.shown(file.name), err=True)
    if any(remark.severity is Severity.ERROR for remark in remarks):
        raise ConfigurationError(f"{file.name} cannot be applied as it is")
    click.echo(f"{file.name}: right" if not remarks else f"{file.name}: can be applied; see the warnings")


def _text(file: Path) -> str:
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as failure:
        raise ConfigurationError(f"cannot read {file}: {failure}") from failure

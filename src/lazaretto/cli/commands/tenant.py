"""``lazaretto tenant``: a tenant's whole configuration as one document."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click

from lazaretto.cli.options import home_option
from lazaretto.core.errors import ConfigurationError
from lazaretto.run.home import Home
from lazaretto.run.publishing import publish, with_tenants
from lazaretto.tenants.checking import check as remarks_on
from lazaretto.tenants.remarks import Severity


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

"""``lazaretto config``: the process settings of this machine."""

from __future__ import annotations

import click

from lazaretto.cli.options import home_option
from lazaretto.run.home import Home
from lazaretto.run.settings import defaults_document, load_settings


@click.group(epilog="Example: lazaretto config show --defaults > lazaretto.toml", name="config")
def command() -> None:
    """Show and check the settings of this machine's processes."""


@command.command()
@home_option
@click.option("--defaults", is_flag=True, help="Every setting with its default and description.")
def show(home: Home, defaults: bool) -> None:
    """Print the settings in force here, or with --defaults a commented example file."""
    if defaults:
        click.echo(defaults_document(), nl=False)
        return
    click.echo(load_settings(home).model_dump_json(indent=2))


@command.command()
@home_option
def check(home: Home) -> None:
    """Tell whether lazaretto.toml is right, before a start depends on it."""
    load_settings(home)
    where = home.settings_file
    click.echo(f"{where}: right" if where.exists() else f"{where}: none, so every setting has its default")

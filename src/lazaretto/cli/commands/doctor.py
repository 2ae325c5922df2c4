"""``lazaretto doctor``: is everything right here, and what to do if not."""

from __future__ import annotations

import click

from lazaretto.cli.options import home_option
from lazaretto.core.errors import ConfigurationError
from lazaretto.run.database import Database
from lazaretto.run.diagnosis import examine
from lazaretto.run.home import Home
from lazaretto.run.settings import load_settings


@click.command(epilog="Example: lazaretto doctor --home /var/lib/lazaretto")
@home_option
def command(home: Home) -> None:
    """Look at everything that can be looked at from here; exit 1 when something is wrong."""
    settings = load_settings(home)
    wrong = 0
    with Database(home, settings).available():
        for answer in examine(home, settings):
            mark = (
                click.style("right", fg="green")
                if answer.is_right
                else click.style("WRONG", fg="red", bold=True)
            )
            click.echo(f"{mark}  {answer.question}: {answer.told}")
            wrong += not answer.is_right
    if wrong:
        raise ConfigurationError(f"{wrong} of these need attention; each line says what to do")

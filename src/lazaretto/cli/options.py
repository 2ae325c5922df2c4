"""Options that many commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from lazaretto.run.home import Home


def _home(_context: click.Context, _parameter: click.Parameter, value: str) -> Home:
    return Home.at(value)


home_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--home",
    envvar="LAZARETTO_HOME",
    default=".home",
    show_default=True,
    callback=_home,
    metavar="DIR",
    help="Folder that holds all state of this machine; also LAZARETTO_HOME.",
)


def confirm(question: str) -> None:
    """Go on only when a person says yes; everything else leaves all as it is."""
    try:
        said_yes = click.confirm(question)
    except click.Abort:
        said_yes = False
    if not said_yes:
        raise click.ClickException("nothing was changed")


json_option: Callable[[Callable[..., Any]], Callable[..., Any]] = click.option(
    "--json", "as_json", is_flag=True, help="Print one JSON object per line."
)

"""``lazaretto serve``: one role of this machine, in the foreground."""

from __future__ import annotations

import importlib
from typing import Final

import click
import structlog

from lazaretto.cli.options import home_option
from lazaretto.core.errors import ConfigurationError
from lazaretto.run.children import await_turn
from lazaretto.run.home import Home
from lazaretto.run.locking import alone_as
from lazaretto.run.logging import log_to_stderr
from lazaretto.run.options import RunOptions
from lazaretto.run.settings import load_settings

log = structlog.get_logger(__name__)

ROLES: Final = ("edge", "scan", "deliver", "jobs", "web", "mailbox")


@click.command(epilog="Example: lazaretto serve edge --home /var/lib/lazaretto --smtp 192.0.2.1:25")
@click.argument("role", type=click.Choice(ROLES))
@home_option
@click.option("--smtp", default="", metavar="HOST:PORT", help="Where the edge (or the mailbox) listens.")
@click.option("--http", default="", metavar="HOST:PORT", help="Where the API and the pages listen.")
@click.option(
    "--dns",
    "dns_file",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True),
    help="Answer DNS questions from this JSON file, and ask no resolver.",
)
def command(role: str, home: Home, smtp: str, http: str, dns_file: str | None) -> None:
    """Run one ROLE until told to stop.

    edge receives, scan looks, deliver sends, jobs does what is due by the clock, web answers at the
    API.  mailbox is a next hop for demonstrations: it keeps what it gets as files in HOME/mailbox.
    """
    options = RunOptions(smtp=smtp, http=http, dns_file=dns_file or "")
    settings = load_settings(home)
    home.make()
    log_to_stderr(role)
    run_role = getattr(importlib.import_module(f"lazaretto.run.{role}"), f"run_{role}", None)
    if run_role is None:
        raise ConfigurationError(f"there is no role {role}")
    await_turn()
    try:
        with alone_as(home, role):
            run_role(home, settings, options)
    except OSError:
        # The command ends with one sentence; who looks into a log wants to know where it happened.
        log.exception("failed")
        raise
    log.info("stopped")

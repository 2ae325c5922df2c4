"""``lazaretto run``: everything on this machine, under one supervisor."""

from __future__ import annotations

import click

from lazaretto.cli.options import home_option
from lazaretto.run.home import Home
from lazaretto.run.logging import log_to_stderr
from lazaretto.run.options import RunOptions
from lazaretto.run.running import is_running
from lazaretto.run.settings import load_settings
from lazaretto.run.supervisor import Supervisor, announce_ready


@click.command(epilog="Example: lazaretto run --home /var/lib/lazaretto --smtp 127.0.0.1:2525", name="run")
@home_option
@click.option("--smtp", default="", metavar="HOST:PORT", help="Where the edge listens.")
@click.option("--http", default="", metavar="HOST:PORT", help="Where the API and the pages listen.")
@click.option(
    "--dns",
    "dns_file",
    type=click.Path(exists=True, dir_okay=False, resolve_path=True),
    help="Answer DNS questions from this JSON file, and ask no resolver.",
)
def command(home: Home, smtp: str, http: str, dns_file: str | None) -> None:
    """Start every process and stay until stopped; prints "ready" once everything stands."""
    running = is_running(home)
    if running is not None:
        raise click.ClickException(
            f"Lazaretto runs already in {home.folder} (process {running.pid});"
            " stop that one first, or choose another --home"
        )
    options = RunOptions(smtp=smtp, http=http, dns_file=dns_file or "")
    settings = load_settings(home)
    log_to_stderr("supervisor")
    Supervisor(home, settings, options, when_ready=announce_ready).run()

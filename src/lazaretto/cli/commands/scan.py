"""``lazaretto scan``: look at messages in files, without a server or a database."""

from __future__ import annotations

import json
from pathlib import Path

import click

from lazaretto.core.errors import ConfigurationError
from lazaretto.policy.explanation_texts import LANGUAGES
from lazaretto.run.scanning import Assumptions, Scanning, files_under


@click.command(epilog="Example: lazaretto scan --client-ip 192.0.2.7 --from ann@sender.example mail.eml")
@click.option(
    "--tenant",
    "tenant_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Judge by this tenant's document.",
)
@click.option("--client-ip", default="", metavar="IP", help="Address of the client that sent it.")
@click.option("--helo", default="", metavar="NAME", help="Name with which the client greeted.")
@click.option("--from", "reverse_path", default="", metavar="ADDR", help="Envelope sender.")
@click.option(
    "--to", "recipients", multiple=True, metavar="ADDR", help="Envelope recipient; may be repeated."
)
@click.option(
    "--dns",
    "dns_file",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    help="Answer DNS questions from this JSON file, and ask no resolver.",
)
@click.option("--now", default="", metavar="TIME", help="Time (ISO 8601) at which signatures are judged.")
@click.option(
    "--explain",
    "language",
    type=click.Choice(LANGUAGES),
    default=None,
    help="Say in this language what was found, what it weighs, and what would have changed the verdict.",
)
@click.argument("paths", nargs=-1, required=True, metavar="FILE|DIR…")
def command(
    tenant_file: Path | None,
    client_ip: str,
    helo: str,
    reverse_path: str,
    recipients: tuple[str, ...],
    dns_file: Path | None,
    now: str,
    language: str | None,
    paths: tuple[str, ...],
) -> None:
    """Print one JSON object per message: verdict, score, probability, disposition, findings, CPU time."""
    assumptions = Assumptions.parse(
        client_ip=client_ip, helo=helo, reverse_path=reverse_path, recipients=recipients, now=now
    )
    scanning = Scanning(tenant_file, dns_file)
    failed = False
    with scanning:
        for report in scanning.reports(files_under(paths), assumptions):
            click.echo(json.dumps(report.as_json(language or ""), ensure_ascii=False))
            failed = failed or report.problem != ""
    if failed:
        raise ConfigurationError("some files could not be read; their lines say why")

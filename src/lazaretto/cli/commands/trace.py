"""``lazaretto trace``: what happened to a message, and why."""

from __future__ import annotations

import ipaddress
import json
from uuid import UUID

import click

from lazaretto.cli.options import home_option, json_option
from lazaretto.core.identity import MessageId
from lazaretto.db.pool import Pool
from lazaretto.journal.search import Search
from lazaretto.journal.trace import Trace, TracedMessage
from lazaretto.run.consulting import consult
from lazaretto.run.depth_texts import TEXTS
from lazaretto.run.depths import Depth, told_at
from lazaretto.run.home import Home
from lazaretto.run.telling import told_in_words


def _ip(_context: click.Context, _parameter: click.Parameter, value: str | None) -> str | None:
    try:
        return None if value is None else str(ipaddress.ip_address(value))
    except ValueError as failure:
        raise click.BadParameter(f"{value!r} is not an IP address") from failure


@click.command(epilog="Example: lazaretto trace --recipient bob@customer.example --json")
@home_option
@click.option("--id", "identity", type=click.UUID, help='Id in our "250 2.0.0 Queued as <id>".')
@click.option("--message-id", metavar="X", help="Message-ID field, with its brackets or without.")
@click.option("--recipient", metavar="A", help="Envelope recipient.")
@click.option("--sender", metavar="A", help="Envelope sender.")
@click.option("--subject", metavar="TEXT", help="Part of the subject, in any case.")
@click.option("--client-ip", metavar="IP", callback=_ip, help="Address of the client.")
@click.option(
    "--limit", default=50, show_default=True, type=click.IntRange(1, 10_000), help="Messages shown at most."
)
@click.option(
    "--for",
    "audience",
    type=click.Choice([depth.value for depth in Depth]),
    help="Tell what became of it in the words of an end user, a help desk or an engineer.",
)
@click.option("--language", type=click.Choice(sorted(TEXTS)), default="en", help="Language of --for.")
@json_option
def command(
    home: Home,
    identity: UUID | None,
    message_id: str | None,
    recipient: str | None,
    sender: str | None,
    subject: str | None,
    client_ip: str | None,
    limit: int,
    audience: str | None,
    language: str,
    as_json: bool,
) -> None:
    """Print each message's story, newest first: also of what was refused at the door."""
    search = Search(
        id=MessageId(identity) if identity else None,
        message_id=message_id,
        recipient=recipient,
        sender=sender,
        subject=subject,
        client_ip=client_ip,
        limit=limit,
    )

    async def find(pool: Pool) -> list[TracedMessage]:
        return await Trace(pool).find(search)

    stories = consult(home, "trace", find)
    for story in stories:
        if as_json:
            click.echo(json.dumps(story.as_json(), ensure_ascii=False))
        elif audience is not None:
            click.echo(told_at(Depth(audience), language, story))
        else:
            click.echo(told_in_words(story))
    if not stories and not as_json:
        click.echo("no message of the last 30 days fits; try fewer options", err=True)

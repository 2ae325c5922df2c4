"""``lazaretto explain``: why a message fared as it did, in words."""

from __future__ import annotations

import json
from uuid import UUID

import click

from lazaretto.cli.options import home_option, json_option
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.identity import MessageId
from lazaretto.journal.search import Search
from lazaretto.policy.explanation_texts import LANGUAGES
from lazaretto.run.explaining import explain
from lazaretto.run.home import Home


@click.command(epilog="Example: lazaretto explain 0192f3c1-7a3e-7000-8000-3a6f1c9d2b11 --language fr")
@click.argument("message")
@click.option(
    "--language", default="en", show_default=True, type=click.Choice(LANGUAGES), help="Language of the words."
)
@json_option
@home_option
def command(message: str, language: str, as_json: bool, home: Home) -> None:
    """Explain MESSAGE: an id as in our "Queued as <id>", or a Message-ID."""
    try:
        search = Search(id=MessageId(UUID(message)))
    except ValueError:
        search = Search(message_id=message)
    found = False
    for each in explain(home, search, language):
        found = True
        if as_json:
            click.echo(json.dumps({"words": each.lines, **each.details}, ensure_ascii=False, default=str))
        else:
            click.echo("\n".join(map(_printable, each.lines)))
    if not found:
        raise ConfigurationError(
            f'no message "{message}" of the last 30 days; "lazaretto trace" finds it by what you know of it'
        )


def _printable(text: str) -> str:
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)

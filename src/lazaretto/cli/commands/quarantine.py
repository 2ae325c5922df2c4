"""``lazaretto quarantine``: what rests, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any
from uuid import UUID

import click

from lazaretto.cli.options import confirm, home_option, json_option
from lazaretto.core.errors import ConfigurationError
from lazaretto.db.pool import Pool
from lazaretto.run.consulting import consult
from lazaretto.run.home import Home
from lazaretto.run.settings import load_settings
from lazaretto.spool.quarantine import Leaving, Quarantine, QuarantinedCopy


@click.group(name="quarantine", epilog="Example: lazaretto quarantine list --recipient bob@customer.example")
def command() -> None:
    """List, release and delete quarantined messages."""


@command.command(name="list")
@home_option
@click.option("--recipient", metavar="A", help="Only what is for this address.")
@json_option
def list_copies(home: Home, recipient: str | None, as_json: bool) -> None:
    """Print what rests, newest first; the ids are those of our 250 replies."""
    copies = _listed(home, recipient)
    for copy in copies:
        for address in copy.recipients:
            click.echo(
                json.dumps(_as_json(copy, address), ensure_ascii=False) if as_json else _line(copy, address)
            )
    if not copies and not as_json:
        click.echo("nothing is in quarantine", err=True)


@command.command()
@click.argument("ids", nargs=-1, required=True, type=click.UUID, metavar="ID…")
@home_option
def release(ids: tuple[UUID, ...], home: Home) -> None:
    """Deliver the messages as they were received; releasing twice delivers once."""
    settings = load_settings(home)

    async def leave(pool: Pool) -> dict[UUID, list[str]]:
        quarantine = Quarantine(pool, settings.spool)
        copies = await _copies_of(quarantine, ids)
        return _by_typed(copies, await quarantine.release(_all(copies), by="command"))

    _tell(consult(home, "spool", leave), Leaving.RELEASED)


@command.command()
@click.argument("ids", nargs=-1, required=True, type=click.UUID, metavar="ID…")
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
def delete(ids: tuple[UUID, ...], yes: bool, home: Home) -> None:
    """Delete the messages for good."""
    if not yes:
        confirm(f"Delete {len(ids)} quarantined message(s) for good?")
    settings = load_settings(home)

    async def leave(pool: Pool) -> dict[UUID, list[str]]:
        quarantine = Quarantine(pool, settings.spool)
        copies = await _copies_of(quarantine, ids)
        return _by_typed(copies, await quarantine.delete(_all(copies), by="command"))

    _tell(consult(home, "spool", leave), Leaving.DELETED)


def _listed(home: Home, recipient: str | None) -> Sequence[QuarantinedCopy]:
    settings = load_settings(home)

    async def listed(pool: Pool) -> Sequence[QuarantinedCopy]:
        return await Quarantine(pool, settings.spool).list(recipient=recipient, limit=10_000)

    return consult(home, "spool", listed)


async def _copies_of(quarantine: Quarantine, ids: Sequence[UUID]) -> dict[UUID, list[UUID]]:
    """Return the copies that each of ``ids`` means: a message's id means all its copies."""
    by_message: dict[UUID, list[UUID]] = {}
    for copy in await quarantine.list(messages=ids):
        by_message.setdefault(copy.message, []).append(copy.id)
    return {each: by_message.get(each, [each]) for each in ids}


def _all(copies: dict[UUID, list[UUID]]) -> list[UUID]:
    return list(dict.fromkeys(copy for some in copies.values() for copy in some))


def _by_typed(copies: dict[UUID, list[UUID]], left: dict[UUID, str]) -> dict[UUID, list[str]]:
    """Return for each id that was typed how its copies left; nothing for one that is not known."""
    return {typed: [left[copy] for copy in some if copy in left] for typed, some in copies.items()}


def _tell(left: dict[UUID, list[str]], wanted: Leaving) -> None:
    """Print what became of each id; an error when that is not what was ``wanted`` for all of them."""
    wrong = 0
    for typed, outcomes in left.items():
        others = sorted(set(outcomes) - {wanted.value})
        if outcomes and not others:
            click.echo(f"{typed}: {wanted.value}")
            continue
        wrong += 1
        before = f"was {' and '.join(others)} before"
        click.echo(f"{typed}: {before if others else 'not in quarantine'}", err=True)
    if wrong:
        raise ConfigurationError(
            f"{wrong} of {len(left)} not {wanted.value}; `lazaretto quarantine list` shows what rests"
        )


def _as_json(copy: QuarantinedCopy, address: str) -> dict[str, Any]:
    return {
        "id": str(copy.message),
        "copy": str(copy.id),
        "message_id": copy.message_id or None,
        "recipient": address,
        "sender": copy.sender,
        "subject": copy.subject,
        "reason": copy.reason,
        "verdict": copy.verdict,
        "size": copy.size,
        "received_at": copy.received_at.isoformat(),
        "expires_at": copy.expires_at.isoformat(),
    }


def _line(copy: QuarantinedCopy, address: str) -> str:
    subject = "".join(c if c.isprintable() else " " for c in copy.subject)[:60]
    when = f"{copy.received_at:%Y-%m-%d %H:%M}"
    return f"{copy.message}  {when}  {copy.reason:<13} {address}  from {copy.sender or '<>'}  {subject}"

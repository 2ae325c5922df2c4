"""``lazaretto queue``: what is on its way, and what an operator may do about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from typing import Any
from uuid import UUID

import click

from lazaretto.cli.options import confirm, home_option, json_option
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.queued import QueueKind
from lazaretto.db.pool import Pool
from lazaretto.run.consulting import consult
from lazaretto.run.home import Home
from lazaretto.run.publishing import with_tenants
from lazaretto.spool.waiting import Waiting, WaitingCopy


@click.group(name="queue", epilog="Example: lazaretto queue list --json")
def command() -> None:
    """List the queue; retry, bounce or reroute messages in it."""


@command.command(name="list")
@home_option
@json_option
def list_copies(home: Home, as_json: bool) -> None:
    """Print what waits or is being delivered, next due first."""

    async def listed(pool: Pool) -> list[WaitingCopy]:
        return await Waiting(pool).list(limit=100_000)

    copies = consult(home, "spool", listed)
    for copy in copies:
        click.echo(json.dumps(_as_json(copy), ensure_ascii=False) if as_json else _line(copy))
    if not copies and not as_json:
        click.echo("the queue is empty", err=True)


@command.command()
@click.argument("ids", nargs=-1, required=True, type=click.UUID, metavar="ID…")
@home_option
def retry(ids: tuple[UUID, ...], home: Home) -> None:
    """Try the messages now, whatever the schedule says."""
    _tell(home, ids, "due now", lambda waiting: waiting.retry(ids))


@command.command()
@click.argument("ids", nargs=-1, required=True, type=click.UUID, metavar="ID…")
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
def bounce(ids: tuple[UUID, ...], yes: bool, home: Home) -> None:
    """Give the messages up after one more try, and tell their senders."""
    if not yes:
        confirm(f"Give up {len(ids)} message(s) and tell their senders?")
    _tell(home, ids, "given up after one more try", lambda waiting: waiting.give_up(ids))


@command.command()
@click.argument("message", type=click.UUID, metavar="ID")
@click.argument("destination", metavar="DOMAIN")
@click.option("--force", is_flag=True, help="Also to a domain of no tenant, by its MX hosts.")
@home_option
def reroute(message: UUID, destination: str, force: bool, home: Home) -> None:
    """Send the message to the hosts of another DOMAIN; its recipients stay as they are."""
    destination = destination.lower().rstrip(".")
    if not force and with_tenants(home, None, lambda store: store.owner_of(destination)) is None:
        raise ConfigurationError(f"{destination} is no tenant's domain; --force sends there all the same")
    _tell(
        home,
        (message,),
        f"on the way to the hosts of {destination}",
        lambda waiting: waiting.reroute((message,), destination, by="command"),
    )


def _tell(
    home: Home,
    ids: tuple[UUID, ...],
    done: str,
    order: Callable[[Waiting], Coroutine[Any, Any, int]],
) -> None:
    count = consult(home, "spool", lambda pool: order(Waiting(pool)))
    if not count:
        raise ConfigurationError(
            f"none of {', '.join(map(str, ids))} waits in the queue; `lazaretto queue list` shows what does"
        )
    click.echo(f"{count} {'copy is' if count == 1 else 'copies are'} {done}")


def _as_json(copy: WaitingCopy) -> dict[str, Any]:
    return {
        "id": str(copy.id),
        "kind": copy.kind.value,
        "destination": copy.destination,
        "sender": copy.sender,
        "recipients": list(copy.recipients),
        "received_at": copy.received_at.isoformat(),
        "next_at": copy.next_at.isoformat(),
        "expires_at": copy.expires_at.isoformat(),
        "failures": copy.failures,
        "last_reply": copy.last_reply or None,
        "leased": copy.leased,
    }


def _line(copy: WaitingCopy) -> str:
    work = "being looked at" if copy.kind is QueueKind.SCAN else "being delivered"
    state = work if copy.leased else f"next {copy.next_at:%Y-%m-%d %H:%M}"
    reply = "".join(c if c.isprintable() else " " for c in copy.last_reply)[:80]
    whom = ", ".join(copy.recipients)[:80]
    tries = f"tries {copy.failures}  {reply}".rstrip()
    return f"{copy.id}  {copy.kind.value:<8} {copy.destination}  {whom}  {state}  {tries}"

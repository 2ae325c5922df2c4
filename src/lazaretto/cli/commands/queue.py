"""``lazaretto queue``: what is on its way, and what an operator may do about it."""

from __future__ import annotations

import json
from collections.abc import Callable, Coroutine
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import click

from lazaretto.cli.options import confirm, home_option, json_option
from lazaretto.cli.selecting import Chosen, ids_argument, selection_options
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.queued import QueueKind
from lazaretto.db.pool import Pool
from lazaretto.run.consulting import consult
from lazaretto.run.home import Home
from lazaretto.run.ordering import ordered
from lazaretto.run.publishing import with_tenants
from lazaretto.spool.queue_figures import CountedQueue, QueueFigures
from lazaretto.spool.selection import Selection
from lazaretto.spool.steering import Steering
from lazaretto.spool.waiting import Waiting, WaitingCopy

_BY = "command"
_STATES = {
    QueueKind.HOLD: "on hold until",
    QueueKind.EXCESS: "kept back, given up",
    QueueKind.BOUNCE: "given up at",
}


@click.group(name="queue", epilog="Example: lazaretto queue list --destination customer.example --json")
def command() -> None:
    """List and count the queue; retry, bounce, reroute, hold, release or delete what is in it."""


@command.command(name="list", epilog="Example: lazaretto queue list --reason 'connection refused'")
@home_option
@selection_options
@click.option("--held", is_flag=True, help="Only what is kept back.")
@json_option
def list_copies(chosen: Chosen, home: Home, held: bool, as_json: bool) -> None:
    """Print what waits or is being delivered, next due first."""
    selection = chosen.selection(home, (), held=True if held else None)

    async def listed(pool: Pool) -> list[WaitingCopy]:
        return await Waiting(pool).list(selection, limit=100_000)

    copies = consult(home, "spool", listed)
    for copy in copies:
        click.echo(json.dumps(_as_json(copy), ensure_ascii=False) if as_json else _line(copy))
    if not copies and not as_json:
        is_all = selection.is_everything and selection.tenant is None
        click.echo("the queue is empty" if is_all else "nothing in the queue fits", err=True)


@command.command(epilog="Example: lazaretto queue figures --tenant acme --json")
@home_option
@click.option("--tenant", metavar="NAME", help="Only this tenant's mail.")
@click.option("--domain", "domains", multiple=True, metavar="D", help="Show this domain; may be repeated.")
@json_option
def figures(home: Home, tenant: str | None, domains: tuple[str, ...], as_json: bool) -> None:
    """Count the queue: messages, longest and mean seconds, in all and for each domain.

    The receive queue waits for a look, the delivery queue for a next hop.
    """
    number = Chosen(tenant=tenant).tenant_number(home)

    async def count(pool: Pool) -> CountedQueue:
        return await QueueFigures(pool).count(number)

    told = consult(home, "spool", count)
    wanted = {domain.lower().rstrip(".") for domain in domains}
    shown = {name: each for name, each in told.domains.items() if not wanted or name in wanted}
    if as_json:
        named = [{"Name": name, **each} for name, each in shown.items()]
        click.echo(json.dumps({**told.totals, "Domains": named}, ensure_ascii=False))
        return
    for title, each in {"all domains": told.totals, **shown}.items():
        click.echo(title)
        for name, value in each.items():
            click.echo(f"  {name:<36} {value:>10}")


@command.command(epilog="Example: lazaretto queue retry --destination customer.example")
@ids_argument
@selection_options
@home_option
def retry(ids: tuple[UUID, ...], chosen: Chosen, home: Home) -> None:
    """Try the messages now, whatever the schedule says."""
    _order(
        home, "retry", chosen.named(home, ids), "due now", lambda steering, what: steering.retry(what, _BY)
    )


@command.command(epilog="Example: lazaretto queue bounce --reason 'user unknown' --yes")
@ids_argument
@selection_options
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
def bounce(ids: tuple[UUID, ...], chosen: Chosen, yes: bool, home: Home) -> None:
    """Give the messages up now, without another try, and tell their senders."""
    what = chosen.named(home, ids)
    if not yes:
        confirm(f"Give up {_in_words(ids)} and tell the senders?")
    _order(home, "bounce", what, "given up", lambda steering, what: steering.bounce(what, _BY))


@command.command(epilog="Example: lazaretto queue reroute --destination old.example new.example")
@click.argument("words", nargs=-1, required=True, metavar="[ID…] DOMAIN")
@selection_options
@click.option("--force", is_flag=True, help="Also to a domain of no tenant, by its MX hosts.")
@home_option
def reroute(words: tuple[str, ...], chosen: Chosen, force: bool, home: Home) -> None:
    """Send the messages to the hosts of another DOMAIN; their recipients stay as they are."""
    *identities, destination = words
    what = chosen.named(home, tuple(map(_identity, identities)))
    destination = destination.lower().rstrip(".")
    if not force and with_tenants(home, None, lambda store: store.owner_of(destination)) is None:
        raise ConfigurationError(f"{destination} is no tenant's domain; --force sends there all the same")
    _order(
        home,
        "reroute",
        what,
        f"on the way to the hosts of {destination}",
        lambda steering, what: steering.reroute(what, destination, _BY),
    )


@command.command(epilog="Example: lazaretto queue hold --destination customer.example --hours 12")
@ids_argument
@selection_options
@click.option(
    "--hours", type=click.FloatRange(min=0, min_open=True), help="How long; else until they expire."
)
@home_option
def hold(ids: tuple[UUID, ...], chosen: Chosen, hours: float | None, home: Home) -> None:
    """Keep the messages back until they are released; their seven days run on."""
    until = None if hours is None else datetime.now(UTC) + timedelta(hours=hours)
    _order(
        home,
        "hold",
        chosen.named(home, ids),
        "on hold",
        lambda steering, what: steering.hold(what, until, _BY),
    )


@command.command(epilog="Example: lazaretto queue release --destination customer.example")
@ids_argument
@selection_options
@home_option
def release(ids: tuple[UUID, ...], chosen: Chosen, home: Home) -> None:
    """Let go of messages that are kept back: they are tried now."""
    _order(
        home,
        "release",
        chosen.named(home, ids),
        "due now",
        lambda steering, what: steering.release(what, _BY),
    )


@command.command(epilog="Example: lazaretto queue delete --sender stolen@customer.example --yes")
@ids_argument
@selection_options
@click.option("--yes", is_flag=True, help="Do not ask.")
@home_option
def delete(ids: tuple[UUID, ...], chosen: Chosen, yes: bool, home: Home) -> None:
    """Throw the messages away; nobody is told but the trace."""
    what = chosen.named(home, ids)
    if not yes:
        confirm(f"Delete {_in_words(ids)} for good, without telling the senders?")
    _order(home, "delete", what, "deleted", lambda steering, what: steering.delete(what, _BY))


def _order(
    home: Home,
    act: str,
    what: Selection,
    done: str,
    order: Callable[[Steering, Selection], Coroutine[Any, Any, int]],
) -> None:
    with ordered(home, f"queue.{act}", _named(what), tenants=[what.tenant], after={"state": done}):
        count = consult(home, "spool", lambda pool: order(Steering(pool), what))
    if not count:
        meant = f"none of {', '.join(map(str, what.ids))}" if what.ids else "nothing that fits"
        raise ConfigurationError(f"{meant} waits in the queue; `lazaretto queue list` shows what does")
    click.echo(f"{count} {'copy is' if count == 1 else 'copies are'} {done}")


def _named(what: Selection) -> str:
    if what.ids:
        return ", ".join(map(str, what.ids))
    said = {
        "domain": what.domain,
        "destination": what.destination,
        "reason": what.reason,
        "sender": what.sender,
    }
    return ", ".join(f"{key} {value}" for key, value in said.items() if value) or "everything"


def _identity(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError as failure:
        raise click.BadParameter(f"{text!r} is no id of a message; the last word is the domain") from failure


def _in_words(ids: tuple[UUID, ...]) -> str:
    return f"{len(ids)} message(s)" if ids else "all messages that fit"


def _as_json(copy: WaitingCopy) -> dict[str, Any]:
    return {
        "id": str(copy.id),
        "tenant": copy.tenant,
        "kind": copy.kind.value,
        "destination": copy.destination,
        "direction": copy.direction.value,
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
    reply = "".join(c if c.isprintable() else " " for c in copy.last_reply)[:80]
    whom = ", ".join(copy.recipients)[:80]
    tries = f"tries {copy.failures}  {reply}".rstrip()
    return f"{copy.id}  {copy.kind.value:<8} {copy.destination}  {whom}  {_state(copy)}  {tries}"


def _state(copy: WaitingCopy) -> str:
    if copy.leased:
        return "being looked at" if copy.kind is QueueKind.SCAN else "being delivered"
    state = _STATES.get(copy.kind, "next")
    return f"{state} {copy.next_at:%Y-%m-%d %H:%M}"

"""``lazaretto quarantine``: what rests, and what becomes of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import Any
from uuid import UUID

import click

from lazaretto.cli.options import confirm, home_option, json_option
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.malware_handling import OPERATOR
from lazaretto.db.pool import Pool
from lazaretto.run.consulting import consult
from lazaretto.run.home import Home
from lazaretto.run.ordering import ordered, tenants_of_quarantined
from lazaretto.run.releases import REFUSED, Desk, Outcome, Standing
from lazaretto.run.settings import load_settings
from lazaretto.spool.leaving import TO_RECIPIENTS, Leaving
from lazaretto.spool.quarantine import Quarantine, QuarantinedCopy
from lazaretto.spool.releasing import DENIED, LOOKING, RELEASED, WAITING, ReleaseRequest


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
@click.option(
    "--as", "by", default=OPERATOR, show_default=True, metavar="ADMIN", help="Who asks: an administrator."
)
@click.option(
    "--to",
    default=TO_RECIPIENTS,
    show_default=True,
    metavar="WHOM",
    help="recipients, first (of them), predefined (by the tenant's document), or an address of the tenant's.",
)
@click.option("--why", default="", metavar="TEXT", help="Why, for the journal.")
@home_option
def release(ids: tuple[UUID, ...], by: str, to: str, why: str, home: Home) -> None:
    """Deliver the messages as they were received; releasing twice delivers once.

    Malware is looked at once more, and a second administrator must approve it where the tenant's
    document says so.
    """
    with _ordered(home, "release", ids, by, {"to": to, "why": why}):
        outcomes = Desk(home).release(ids, by=by, to=to, why=why)
    _tell_of_release(outcomes)


@command.command()
@click.argument("ids", nargs=-1, required=True, type=click.UUID, metavar="ID…")
@click.option("--as", "by", required=True, metavar="ADMIN", help="Who approves; never the one who asked.")
@click.option("--why", default="", metavar="TEXT", help="Why, for the journal.")
@home_option
def approve(ids: tuple[UUID, ...], by: str, why: str, home: Home) -> None:
    """Release malware whose release another administrator asked for, to where they asked.

    ID is a request's number, as `quarantine requests` prints it; for a message or copy it is told
    what is approved, and asked whether it shall be.
    """
    desk = Desk(home)
    # Asking is part of the order: who may not approve, and who thinks better of it, are recorded.
    with _ordered(home, "approve", ids, by, {"why": why}):
        standing = desk.standing(ids, by=by)
        _show_unnumbered(standing)
        numbers = {typed: [each.request for each in some] or [typed] for typed, some in standing.items()}
        decided = desk.decide(_all(numbers), by=by, why=why, approve=True)
    outcomes = {typed: [one for each in some for one in decided[each]] for typed, some in numbers.items()}
    _tell_decision(outcomes, RELEASED)


def _show_unnumbered(standing: dict[UUID, list[Standing]]) -> None:
    """Ask about requests that were named by their message: whose, and where to, that does not say."""
    for typed, some in standing.items():
        unnumbered = [each for each in some if each.request != typed]
        for each in unnumbered:
            click.echo(f"{typed}: request {each.request}: {each.words}", err=True)
        if unnumbered:
            confirm("Approve this?")


@command.command()
@click.argument("ids", nargs=-1, required=True, type=click.UUID, metavar="ID…")
@click.option("--as", "by", required=True, metavar="ADMIN", help="Who denies.")
@click.option("--why", default="", metavar="TEXT", help="Why, for the journal.")
@home_option
def deny(ids: tuple[UUID, ...], by: str, why: str, home: Home) -> None:
    """Leave malware in quarantine whose release somebody asked for."""
    with _ordered(home, "deny", ids, by, {"why": why}):
        outcomes = Desk(home).decide(ids, by=by, why=why, approve=False)
    _tell_decision(outcomes, DENIED)


@command.command()
@click.option("--tenant", metavar="NAME", help="Only this tenant's.")
@click.option("--all", "everything", is_flag=True, help="Also those that were decided.")
@home_option
@json_option
def requests(tenant: str | None, everything: bool, home: Home, as_json: bool) -> None:
    """Print the requests for releases of malware, newest first: their numbers, then the messages'."""
    found = Desk(home).requests(tenant, everything=everything)
    for each in found:
        click.echo(json.dumps(_request_json(each), ensure_ascii=False) if as_json else _request_line(each))
    if not found and not as_json:
        click.echo("nobody waits for a decision", err=True)


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

    with _ordered(home, "delete", ids):
        left = consult(home, "spool", leave)
    _tell(left, Leaving.DELETED)


def _ordered(
    home: Home, act: str, ids: Sequence[UUID], by: str = "", after: dict[str, str] | None = None
) -> AbstractContextManager[None]:
    return ordered(
        home,
        f"quarantine.{act}",
        ", ".join(map(str, ids)),
        tenants=tenants_of_quarantined(home, ids),
        on_behalf_of=by,
        after=after,
    )


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


def _tell_of_release(outcomes: dict[UUID, list[Outcome]]) -> None:
    left: dict[UUID, list[str]] = {}
    for typed, some in outcomes.items():
        waiting = [each for each in some if each.state in (WAITING, LOOKING, REFUSED)]
        for each in waiting:
            click.echo(f"{typed}: {each.state}; {each.told}", err=each.state == REFUSED)
        if not waiting:
            for each in some:
                if each.told:
                    click.echo(f"{typed}: {each.told}", err=True)
            left[typed] = [each.state for each in some]
    _tell(left, Leaving.RELEASED)
    refused = [typed for typed, some in outcomes.items() if any(each.state == REFUSED for each in some)]
    if refused:
        raise ConfigurationError(f"another request is open for {len(refused)} of {len(outcomes)}")


def _tell_decision(outcomes: dict[UUID, list[Outcome]], wanted: str) -> None:
    wrong = 0
    for typed, some in outcomes.items():
        for each in some:
            if each.state == wanted:
                click.echo(f"{typed}: {wanted} to {each.told}" if each.told else f"{typed}: {wanted}")
                continue
            wrong += 1
            click.echo(f"{typed}: {each.told or f'is {each.state}'}", err=True)
        if not some:
            wrong += 1
            click.echo(f"{typed}: nobody asked for its release", err=True)
    if wrong:
        raise ConfigurationError(
            f"{wrong} not {wanted}; `lazaretto quarantine requests --all` tells what became of them"
        )


def _request_json(request: ReleaseRequest) -> dict[str, Any]:
    return {
        "id": str(request.message),
        "request": str(request.id),
        "pen": str(request.quarantine),
        "to": request.target,
        "reason": request.reason,
        "requested_by": request.requested_by,
        "requested_at": request.requested_at.isoformat(),
        "state": request.state,
        "second_look": request.second_look,
        "looked_with": request.looked_with,
        "decided_by": request.decided_by,
        "decided_at": request.decided_at.isoformat() if request.decided_at else None,
        "decision_reason": request.decision_reason,
    }


def _request_line(request: ReleaseRequest) -> str:
    decided = f"  {request.state} by {request.decided_by}" if request.decided_by else f"  {request.state}"
    asked = f"{request.requested_at:%Y-%m-%d %H:%M}  {request.requested_by} to {request.target}"
    return (
        f"{request.id}  {request.message}  {asked}"
        f"  looked at again: {request.second_look or 'not yet'}{decided}  {request.reason}"
    ).rstrip()


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

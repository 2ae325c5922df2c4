"""``lazaretto lists``: whom a tenant and its people approved or blocked, and whether it is still needed."""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import click

from lazaretto.cli.options import home_option, json_option
from lazaretto.core.address import fold
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.identity import TenantId
from lazaretto.journal.list_uses import ListUses, Use
from lazaretto.run.consulting import consult
from lazaretto.run.home import Home
from lazaretto.run.publishing import with_tenants
from lazaretto.tenants.document import TenantDocument, parse_document
from lazaretto.tenants.sections import SenderEntry
from lazaretto.tenants.store import TenantStore
from lazaretto.tenants.values import SenderKind


@dataclass(frozen=True, slots=True)
class _Listed:
    """An entry with the list that it stands on."""

    list: str
    mailbox: str
    entry: SenderEntry

    @property
    def key(self) -> tuple[str, str, str]:
        """By what its uses are found."""
        kind = "IP" if self.entry.kind is SenderKind.NETWORK else "ADDRESS"
        symbol = f"SENDER_{self.list.upper()}_{'BY_USER' if self.mailbox else kind}"
        entry = self.entry.entry
        return symbol, fold(entry) if self.entry.kind is SenderKind.ADDRESS else entry, fold(self.mailbox)


@click.command(name="lists", epilog="Example: lazaretto lists acme --json")
@click.argument("tenant")
@home_option
@json_option
def command(tenant: str, home: Home, as_json: bool) -> None:
    """Print the approved and blocked senders of TENANT with owner, reason, end, hits and last use."""
    number, document = with_tenants(home, None, lambda store: _found(store, tenant))
    uses = {(use.symbol, use.entry, use.mailbox): use for use in _uses(home, number)}
    listed = list(_listed(document))
    for each in listed:
        told = _told(each, uses.get(each.key))
        click.echo(json.dumps(told, ensure_ascii=False) if as_json else _line(told))
    if not listed and not as_json:
        click.echo("nobody is approved or blocked", err=True)


async def _found(store: TenantStore, tenant: str) -> tuple[TenantId, TenantDocument]:
    number = await store.number_of(tenant)
    if number is None:
        raise ConfigurationError(f"there is no tenant {tenant}; `lazaretto tenant list` shows all")
    return number, parse_document(await store.export(tenant), tenant)


def _uses(home: Home, tenant: TenantId) -> Sequence[Use]:
    return consult(home, "trace", lambda pool: ListUses(pool).of(tenant))


def _listed(document: TenantDocument) -> Iterator[_Listed]:
    yield from (_Listed("approved", "", each) for each in document.approved_senders)
    yield from (_Listed("blocked", "", each) for each in document.blocked_senders)
    for mailbox, lists in document.personal_lists.items():
        yield from (_Listed("approved", mailbox, each) for each in lists.approved)
        yield from (_Listed("blocked", mailbox, each) for each in lists.blocked)


def _told(listed: _Listed, use: Use | None) -> dict[str, Any]:
    entry = listed.entry
    return {
        "list": listed.list,
        "mailbox": listed.mailbox or None,
        "entry": entry.entry,
        "kind": entry.kind.value,
        "owner": entry.owner or None,
        "reason": entry.reason or None,
        "expires": entry.expires.isoformat() if entry.expires else None,
        "hits": use.hits if use else 0,
        "last_used": use.last_used.isoformat(timespec="seconds") if use else None,
    }


def _line(told: dict[str, Any]) -> str:
    whose = f" by {told['mailbox']}" if told["mailbox"] else ""
    used = f"{told['hits']} times, last {told['last_used']}" if told["hits"] else "never used"
    more = [f"{name} {told[name]}" for name in ("owner", "reason") if told[name]]
    ends = [f"until {told['expires']}"] if told["expires"] else []
    return ", ".join([f"{told['list']}{whose}: {told['entry']} ({told['kind']})", used, *ends, *more])

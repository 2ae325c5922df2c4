"""The options by which commands say which copies of the queue they mean."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any
from uuid import UUID

import click

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.identity import TenantId
from lazaretto.run.home import Home
from lazaretto.run.publishing import with_tenants
from lazaretto.spool.selection import Selection

Command = Callable[..., Any]

ids_argument: Callable[[Command], Command] = click.argument("ids", nargs=-1, type=click.UUID, metavar="[ID…]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What was chosen by options."""

    tenant: str | None = None
    domain: str = ""
    sender: str = ""
    destination: str = ""
    reason: str = ""
    every: bool = False

    def selection(self, home: Home, ids: tuple[UUID, ...], *, held: bool | None = None) -> Selection:
        """Return what is meant."""
        return Selection(
            tenant=self.tenant_number(home),
            ids=ids,
            domain=self.domain.lower().rstrip("."),
            sender=self.sender,
            destination=self.destination.lower().rstrip("."),
            reason=self.reason,
            held=held,
        )

    def named(self, home: Home, ids: tuple[UUID, ...]) -> Selection:
        """Return what is meant; raise ``ConfigurationError`` where nothing was said and not --all either."""
        chosen = self.selection(home, ids)
        if chosen.is_everything and self.tenant is None and not self.every:
            raise ConfigurationError(
                "say which messages: ids, --tenant, --domain, --sender, --destination or --reason; "
                "--all means all"
            )
        return chosen

    def tenant_number(self, home: Home) -> TenantId | None:
        """Return the number of the tenant; None where none was named."""
        name = self.tenant
        if name is None:
            return None
        number = with_tenants(home, None, lambda store: store.number_of(name))
        if number is None:
            raise ConfigurationError(f"there is no tenant {name}; `lazaretto tenant list` shows them")
        return number


def selection_options(command: Command) -> Command:
    """Give ``command`` the options, and what they say as its argument ``chosen``."""

    @wraps(command)
    def with_chosen(**given: Any) -> Any:
        chosen = Chosen(
            tenant=given.pop("tenant"),
            domain=given.pop("domain") or "",
            sender=given.pop("sender") or "",
            destination=given.pop("destination_domain") or "",
            reason=given.pop("reason") or "",
            every=given.pop("every"),
        )
        return command(chosen=chosen, **given)

    for option in (
        click.option("--all", "every", is_flag=True, help="Everything in the queue."),
        click.option("--reason", metavar="TEXT", help="Only what got an answer with TEXT in it."),
        click.option(
            "--destination",
            "destination_domain",
            metavar="D",
            help="Only what goes to the hosts of domain D.",
        ),
        click.option("--sender", metavar="A", help="Only mail of this envelope sender; <> = of none."),
        click.option("--domain", metavar="D", help="Only mail to or from addresses of domain D."),
        click.option("--tenant", metavar="NAME", help="Only this tenant's mail."),
    ):
        with_chosen = option(with_chosen)
    return with_chosen

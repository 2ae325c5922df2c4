"""The queue for people: what waits of their tenant's mail, in rows and figures, and what they may order."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from dataclasses import replace
from datetime import datetime
from typing import Any

from lazaretto.core.address import domain_of
from lazaretto.core.envelope import Direction
from lazaretto.core.errors import ConfigurationError
from lazaretto.spool.queue_figures import CountedQueue
from lazaretto.spool.selection import Selection
from lazaretto.spool.waiting import WaitingCopy
from lazaretto.store.auditing import ordered
from lazaretto.store.mailpath import MailPath, mail_path
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.store.snapshots import snapshot_in_force


def waiting(scope: Scope, selection: Selection, *, limit: int = 1_000) -> list[WaitingCopy]:
    """Return what ``selection`` means of the tenant's queue, next due first."""
    scope.demand(Area.QUEUE, Right.VIEW_STATISTICS)
    path = mail_path()
    copies = path.wait(path.waiting.list(_within(scope, selection), limit=limit))
    return [copy for copy in copies if _is_reached(scope, copy)]


def figures(scope: Scope) -> CountedQueue:
    """Return the tenant's queue in figures; domains that the scope does not reach are left out."""
    scope.demand(Area.QUEUE, Right.VIEW_STATISTICS)
    path = mail_path()
    counted = path.wait(path.queue_figures.count(scope.of_tenant))
    if scope.domains.is_all:
        return counted
    reached = {name: each for name, each in counted.domains.items() if scope.domains.reach(name)}
    return replace(counted, totals={}, domains=reached)


def retry(scope: Scope, selection: Selection) -> int:
    """Let copies be tried now; return how many there are, as all orders do."""
    return _ordered(scope, "queue.retry", selection, lambda path, meant, by: path.steering.retry(meant, by))


def bounce(scope: Scope, selection: Selection) -> int:
    """Give copies up at once and tell their senders."""
    return _ordered(scope, "queue.bounce", selection, lambda path, meant, by: path.steering.bounce(meant, by))


def hold(scope: Scope, selection: Selection, until: datetime | None) -> int:
    """Keep copies back until a time, or until they expire."""
    return _ordered(
        scope, "queue.hold", selection, lambda path, meant, by: path.steering.hold(meant, until, by)
    )


def release(scope: Scope, selection: Selection) -> int:
    """Let go of copies on hold."""
    return _ordered(
        scope, "queue.release", selection, lambda path, meant, by: path.steering.release(meant, by)
    )


def delete(scope: Scope, selection: Selection) -> int:
    """Throw copies away; nobody is told but the trace."""
    return _ordered(scope, "queue.delete", selection, lambda path, meant, by: path.steering.delete(meant, by))


def reroute(scope: Scope, selection: Selection, destination: str) -> int:
    """Send copies to the hosts of another domain of the tenant; their recipients stay as they are.

    Raises ``ConfigurationError`` for a domain that is not the tenant's: mail is led to nobody else.
    """
    if destination.lower() not in destinations(scope):
        raise ConfigurationError(f"{destination} is no domain of {scope.tenant_name}")
    return _ordered(
        scope,
        "queue.reroute",
        selection,
        lambda path, meant, by: path.steering.reroute(meant, destination.lower(), by),
    )


def destinations(scope: Scope) -> list[str]:
    """Return the tenant's domains, whose hosts waiting mail can be sent to, in order."""
    return sorted(snapshot_in_force(scope).domains)


def _ordered(
    scope: Scope,
    act: str,
    selection: Selection,
    order: Callable[[MailPath, Selection, str], Coroutine[Any, Any, int]],
) -> int:
    scope.demand(Area.QUEUE, Right.EDIT)
    scope.demand_all_domains()
    if selection.is_everything:
        raise ConfigurationError("name what is meant: ids, a domain, a destination or a reason")
    meant = _within(scope, selection)
    path = mail_path()
    with ordered(scope, act, _words(selection)):
        return path.wait(order(path, meant, scope.who.name))


def _within(scope: Scope, selection: Selection) -> Selection:
    return replace(selection, tenant=scope.of_tenant)


def _words(selection: Selection) -> str:
    parts = [
        *map(str, selection.ids),
        selection.domain,
        selection.sender,
        selection.destination,
        selection.reason,
    ]
    return " ".join(filter(None, parts))


def _is_reached(scope: Scope, copy: WaitingCopy) -> bool:
    if scope.domains.is_all:
        return True
    addresses = [copy.sender] if copy.direction is Direction.OUTBOUND else copy.recipients
    return all(scope.domains.reach(domain_of(address)) for address in addresses)

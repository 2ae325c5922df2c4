"""Indicators for people: a tenant's own, and the operator's for everybody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from lazaretto.core.errors import ScopeError
from lazaretto.intelligence.indicator_store import Entry, Wish
from lazaretto.store.auditing import ordered
from lazaretto.store.mailpath import mail_path
from lazaretto.store.scope import Area, Right, Scope


def indicators(scope: Scope) -> Sequence[Entry]:
    """Return the scope's entries, newest first."""
    scope.demand(Area.LISTS, Right.VIEW_CONFIGURATION)
    path = mail_path()
    return path.wait(path.indicators.list(scope.tenant))


def add(scope: Scope, wishes: Sequence[Wish], *, replace: bool = False) -> list[int]:
    """Add entries, or change those about the same traits; with ``replace`` all others go.  All or none."""
    _demand_edit(scope)
    path = mail_path()
    told = [{"kind": each.kind.value, "value": each.value, "action": each.action.value} for each in wishes]
    with ordered(scope, "indicator.replace" if replace else "indicator.add", f"{len(told)}", after=told):
        return path.wait(
            path.indicators.add(scope.tenant, wishes, scope.who.name, datetime.now(UTC), replace=replace)
        )


def remove(scope: Scope, number: int) -> None:
    """Remove one entry.  Raises ``ScopeError`` when it is not there."""
    _demand_edit(scope)
    path = mail_path()
    with ordered(scope, "indicator.remove", str(number)):
        if not path.wait(path.indicators.remove(scope.tenant, [number])):
            raise ScopeError("there is no such indicator")


def renew(scope: Scope, number: int, days: int) -> None:
    """Let one entry count for ``days`` from now.  Raises ``ScopeError`` when it is not there."""
    _demand_edit(scope)
    path = mail_path()
    with ordered(scope, "indicator.renew", str(number), after={"days": days}):
        life = timedelta(days=days)
        if not path.wait(path.indicators.renew(scope.tenant, [number], life, datetime.now(UTC))):
            raise ScopeError("there is no such indicator")


def _demand_edit(scope: Scope) -> None:
    scope.demand(Area.LISTS, Right.EDIT)
    scope.demand_all_domains()

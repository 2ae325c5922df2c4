"""Outlets for people: where a tenant's events are sent."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

from lazaretto.core.errors import ScopeError
from lazaretto.journal.outlet_forms import secret_of
from lazaretto.journal.outlets import Outlet, Wanted
from lazaretto.store.auditing import ordered
from lazaretto.store.given import given
from lazaretto.store.mailpath import mail_path
from lazaretto.store.scope import Area, Right, Scope


def outlets(scope: Scope) -> Sequence[Outlet]:
    """Return the tenant's outlets by name."""
    scope.demand(Area.FEEDS, Right.VIEW_CONFIGURATION)
    path = mail_path()
    return path.wait(path.outlets.list(scope.of_tenant))


def add(scope: Scope, wanted: Wanted) -> tuple[Outlet, str]:
    """Make an outlet for events from now on; return it and its secret, which is shown this once.

    What it sends is what who makes it may read: all of the tenant's events, with their content.
    """
    _demand(scope)
    path = mail_path()
    with ordered(scope, "outlet.add", wanted.name, after={"target": wanted.target}):
        place = path.wait(path.feed.end(scope.of_tenant))
        added = path.wait(path.outlets.add(scope.of_tenant, wanted, place, scope.who.name, datetime.now(UTC)))
    return added, _secret(added)


def remove(scope: Scope, identity: UUID) -> None:
    """Remove an outlet.  Raises ``ScopeError`` when it is not there."""
    _demand(scope)
    path = mail_path()
    with ordered(scope, "outlet.remove", str(identity)):
        if not path.wait(path.outlets.remove(scope.of_tenant, identity)):
            raise ScopeError("there is no such outlet")


def resume(scope: Scope, identity: UUID) -> Outlet:
    """Try an outlet again at once, also one that was switched off."""
    _demand(scope)
    path = mail_path()
    with ordered(scope, "outlet.resume", str(identity)):
        return _there(path.wait(path.outlets.resume(scope.of_tenant, identity, datetime.now(UTC))))


def renew_secret(scope: Scope, identity: UUID) -> tuple[Outlet, str]:
    """Let an outlet have another secret at once; return it, shown this once."""
    _demand(scope)
    path = mail_path()
    with ordered(scope, "outlet.renew-secret", str(identity)):
        renewed = _there(path.wait(path.outlets.renew_secret(scope.of_tenant, identity)))
    return renewed, _secret(renewed)


def _demand(scope: Scope) -> None:
    scope.demand(Area.FEEDS, Right.EDIT)
    scope.demand(Area.TRACE, Right.VIEW_CONTENT)
    scope.demand_all_domains()


def _there(found: Outlet | None) -> Outlet:
    if found is None:
        raise ScopeError("there is no such outlet")
    return found


def _secret(outlet: Outlet) -> str:
    return secret_of(given().secret, outlet.id, outlet.generation)

"""Signed bundles for operators: what came into force, and the way back."""

from __future__ import annotations

from collections.abc import Sequence

from lazaretto.intelligence.bundle_store import Installation
from lazaretto.store.auditing import ordered
from lazaretto.store.mailpath import mail_path
from lazaretto.store.scope import Area, Right, Scope


def installations(scope: Scope) -> Sequence[Installation]:
    """Return when which bundle came into force, latest first."""
    scope.demand(Area.TENANTS, Right.VIEW_CONFIGURATION)
    path = mail_path()
    return path.wait(path.bundles.history())


def roll_back(scope: Scope) -> Installation:
    """Bring the bundle before the present one into force again."""
    scope.demand(Area.TENANTS, Right.EDIT)
    path = mail_path()
    with ordered(scope, "bundle.rollback", "bundle"):
        return path.wait(path.bundles.rollback(scope.who.name))

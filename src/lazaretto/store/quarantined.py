"""The quarantine for people: what rests in their tenant, released and deleted within their rights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from lazaretto.core.address import domain_of
from lazaretto.spool.quarantine import QuarantinedCopy
from lazaretto.store.auditing import ordered
from lazaretto.store.mailpath import mail_path
from lazaretto.store.scope import Area, Right, Scope


def resting(
    scope: Scope, *, recipient: str | None = None, after: UUID | None = None, limit: int = 50
) -> list[QuarantinedCopy]:
    """Return what rests, newest first, beginning after the copy ``after``."""
    scope.demand(Area.QUARANTINE, Right.VIEW_STATISTICS)
    path = mail_path()
    copies = path.wait(
        path.quarantine.list(tenant=scope.of_tenant, recipient=recipient, after=after, limit=limit)
    )
    shown = [copy for copy in copies if _is_within(scope, copy)]
    if scope.allows(Area.QUARANTINE, Right.VIEW_CONTENT):
        return shown
    return [replace(copy, subject="") for copy in shown]


def release(scope: Scope, ids: Sequence[UUID]) -> dict[UUID, str]:
    """Send copies on; return for each that is there how it left, now or before."""
    scope.demand(Area.QUARANTINE, Right.RELEASE)
    path = mail_path()
    within = _within(scope, ids)
    with ordered(scope, "quarantine.release", _named(within)):
        return path.wait(path.quarantine.release(within, tenant=scope.of_tenant, by=scope.who.name))


def delete(scope: Scope, ids: Sequence[UUID]) -> dict[UUID, str]:
    """End copies for good; return as ``release`` does."""
    scope.demand(Area.QUARANTINE, Right.EDIT)
    path = mail_path()
    within = _within(scope, ids)
    with ordered(scope, "quarantine.delete", _named(within)):
        return path.wait(path.quarantine.delete(within, tenant=scope.of_tenant, by=scope.who.name))


def _within(scope: Scope, ids: Sequence[UUID]) -> list[UUID]:
    """Return those of ``ids`` that the scope reaches."""
    path = mail_path()
    copies = path.wait(path.quarantine.list(tenant=scope.of_tenant, copies=ids, limit=len(ids)))
    return [copy.id for copy in copies if _is_within(scope, copy)]


def _is_within(scope: Scope, copy: QuarantinedCopy) -> bool:
    return all(scope.domains.reach(domain_of(address)) for address in copy.recipients)


def _named(ids: Sequence[UUID]) -> str:
    return " ".join(map(str, ids))

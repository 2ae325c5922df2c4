"""The quarantine for people: what rests in their tenant, released and deleted within their rights."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from uuid import UUID

from lazaretto.core.address import domain_of
from lazaretto.core.errors import ScopeError
from lazaretto.spool.leaving import TO_RECIPIENTS
from lazaretto.spool.quarantine import QuarantinedCopy, Resting
from lazaretto.spool.release_targets import target_of
from lazaretto.store.auditing import ordered
from lazaretto.store.mailpath import mail_path
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.store.snapshots import snapshot_in_force


def resting(
    scope: Scope,
    *,
    recipient: str | None = None,
    asked: Resting = Resting(),  # noqa: B008  (frozen)
    after: UUID | None = None,
    limit: int = 50,
) -> list[QuarantinedCopy]:
    """Return what rests and is as ``asked``, beginning after the copy ``after``."""
    scope.demand(Area.QUARANTINE, Right.VIEW_STATISTICS)
    if asked.subject:
        scope.demand(Area.QUARANTINE, Right.VIEW_CONTENT)
    reached = None if scope.domains.is_all else scope.domains.named
    within = replace(asked, domains=reached, all_except=scope.domains.all_except)
    path = mail_path()
    copies = path.wait(
        path.quarantine.list(
            tenant=scope.of_tenant, recipient=recipient, resting=within, after=after, limit=limit
        )
    )
    return [_shown(scope, copy) for copy in copies]


def copy(scope: Scope, identity: UUID) -> QuarantinedCopy:
    """Return one copy, also one that left.  Raises ``ScopeError`` when it is not there for the scope."""
    scope.demand(Area.QUARANTINE, Right.VIEW_STATISTICS)
    path = mail_path()
    for found in path.wait(path.quarantine.list(tenant=scope.of_tenant, copies=[identity], limit=1)):
        if _is_within(scope, found):
            return _shown(scope, found)
    raise ScopeError("there is no such copy")


def copies(scope: Scope, ids: Sequence[UUID]) -> list[QuarantinedCopy]:
    """Return those of ``ids`` that are there for the scope, also those that left."""
    scope.demand(Area.QUARANTINE, Right.VIEW_STATISTICS)
    if not ids:
        return []
    path = mail_path()
    found = path.wait(path.quarantine.list(tenant=scope.of_tenant, copies=ids, limit=len(ids)))
    return [_shown(scope, each) for each in found if _is_within(scope, each)]


def of_message(scope: Scope, message: UUID) -> list[QuarantinedCopy]:
    """Return the copies of one message that rest, or did, within the scope."""
    scope.demand(Area.QUARANTINE, Right.VIEW_STATISTICS)
    path = mail_path()
    found = path.wait(path.quarantine.list(tenant=scope.of_tenant, messages=[message]))
    return [_shown(scope, each) for each in found if _is_within(scope, each)]


def release(scope: Scope, ids: Sequence[UUID], *, to: str = TO_RECIPIENTS) -> dict[UUID, str]:
    """Send copies on; return for each that is there how it left, now or before.

    Malware stays and is told as ``needs approval``: see ``store.releasing``.
    """
    scope.demand(Area.QUARANTINE, Right.RELEASE)
    path = mail_path()
    within = _within(scope, ids)
    target = target_of(to, snapshot_in_force(scope))
    with ordered(scope, "quarantine.release", _named(within), after={"to": target}):
        return path.wait(
            path.quarantine.release(within, tenant=scope.of_tenant, by=scope.who.name, to=target)
        )


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


def _shown(scope: Scope, copy: QuarantinedCopy) -> QuarantinedCopy:
    if scope.allows(Area.QUARANTINE, Right.VIEW_CONTENT):
        return copy
    return replace(copy, subject="")


def _is_within(scope: Scope, copy: QuarantinedCopy) -> bool:
    return all(scope.domains.reach(domain_of(address)) for address in copy.recipients)


def _named(ids: Sequence[UUID]) -> str:
    return " ".join(map(str, ids))

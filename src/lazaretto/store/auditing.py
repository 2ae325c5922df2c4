"""Every management act, recorded before it is carried out; and what was recorded, read and verified."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from lazaretto.core.errors import ScopeError
from lazaretto.core.identity import TenantId
from lazaretto.journal.audit_wanted import Wanted
from lazaretto.journal.auditing import OPERATOR, Act, Entry, Verified, failed
from lazaretto.store.mailpath import mail_path
from lazaretto.store.scope import Area, Right, Scope


@contextmanager
def ordered(scope: Scope, act: str, subject: str, *, before: Any = None, after: Any = None) -> Iterator[None]:
    """Record that the scope's person orders ``act``, then let the block do it; a failure is recorded, too."""
    path = mail_path()
    order = Act(
        tenant=_chain_of(scope),
        actor=scope.who.name,
        on_behalf_of=scope.who.on_behalf_of,
        client=scope.who.client,
        act=act,
        object=subject,
        before=before,
        after=after,
    )
    path.wait(path.audit.record(order))
    try:
        yield
    except Exception as failure:
        path.wait(path.audit.record(failed(order, failure)))
        raise


def entries(
    scope: Scope, *, before: int | None = None, act: str = "", actor: str = "", limit: int = 100
) -> Sequence[Entry]:
    """Return what was ordered in the scope's tenant (or on the platform), latest first."""
    _demand(scope)
    path = mail_path()
    return path.wait(path.audit.read(_chain_of(scope), before=before, act=act, actor=actor, limit=limit))


def found(scope: Scope, wanted: Wanted, *, start: int | None = None, limit: int = 100) -> Sequence[Entry]:
    """Return the acts that ``wanted`` means, beginning behind the entry with number ``start``."""
    _demand(scope)
    path = mail_path()
    return path.wait(path.audit.find(_chain_of(scope), wanted, start=start, limit=limit))


def entry(scope: Scope, number: int) -> Entry:
    """Return one act.  Raises ``ScopeError`` when it is not there for the scope."""
    for each in found(scope, Wanted(number=number), limit=1):
        return each
    raise ScopeError("there is no such entry")


def verified(scope: Scope) -> Verified:
    """Read the whole chain of the scope's tenant again."""
    _demand(scope)
    path = mail_path()
    return path.wait(path.audit.verify(_chain_of(scope)))


def _demand(scope: Scope) -> None:
    scope.demand(Area.AUDIT, Right.VIEW_STATISTICS)
    # An act says in free words what it was about, and one chain is all of the tenant's.
    scope.demand_all_domains()


def _chain_of(scope: Scope) -> TenantId:
    return OPERATOR if scope.tenant is None else scope.tenant

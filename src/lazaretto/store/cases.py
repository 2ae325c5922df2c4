"""What people said of messages, and what came of it."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID, uuid4

from lazaretto.intelligence.report_cases import CaseState, ReportCase
from lazaretto.store import traffic
from lazaretto.store.auditing import ordered
from lazaretto.store.mailpath import mail_path
from lazaretto.store.scope import Area, Right, Scope


def cases(scope: Scope, *, limit: int = 100) -> Sequence[ReportCase]:
    """Return what was reported in the scope's tenant, newest first."""
    scope.demand(Area.TRACE, Right.VIEW_STATISTICS)
    scope.demand_all_domains()
    path = mail_path()
    return path.wait(path.cases.list(scope.of_tenant, limit))


def report(scope: Scope, message: UUID, *, is_spam: bool) -> ReportCase:
    """Say of a message that it is spam, or that it is wanted; it is looked at again and answered.

    Raises ``ScopeError`` when the message is not there for the scope.
    """
    scope.demand(Area.LISTS, Right.EDIT)
    traffic.message(scope, message)
    case = ReportCase(
        id=uuid4(),
        tenant=scope.of_tenant,
        is_spam=is_spam,
        reporter=scope.who.name,
        about=str(message),
        state=CaseState.OPEN,
        opened_at=datetime.now(UTC),
        way="api",
    )
    path = mail_path()
    with ordered(scope, "report.spam" if is_spam else "report.not-spam", str(message)):
        path.wait(path.cases.add(case))
    return case

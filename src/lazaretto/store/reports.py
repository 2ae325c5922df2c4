"""Reports of people for those who administer a tenant: what was said, what was found, what came of it."""

from __future__ import annotations

from collections.abc import Sequence

from lazaretto.intelligence.report_cases import ReportCase
from lazaretto.store.mailpath import mail_path
from lazaretto.store.scope import Area, Right, Scope


def cases(scope: Scope, *, limit: int = 1_000) -> Sequence[ReportCase]:
    """Return the cases of the scope's tenant, newest first; they name senders and findings."""
    scope.demand(Area.QUARANTINE, Right.VIEW_STATISTICS)
    path = mail_path()
    found = path.wait(path.cases.list(scope.of_tenant, limit))
    return [each for each in found if _is_within(scope, each)]


def _is_within(scope: Scope, case: ReportCase) -> bool:
    domain = case.reporter.rpartition("@")[2]
    # One that was handed in by an administrator or by command concerns no domain.
    return scope.domains.reach(domain) if domain and "@" in case.reporter else scope.domains.is_all

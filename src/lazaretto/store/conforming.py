"""Where a tenant leaves the best-practice profile, for people."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lazaretto.store import drafts, tenancy
from lazaretto.store.mailpath import mail_path
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.conformance import Deviation, PastVersion, conformance

_MOST_VERSIONS: Final = 100
"""How far back is looked for the day on which a setting left the profile."""


def deviations(scope: Scope) -> Sequence[Deviation]:
    """Return each setting in force that is not as the profile wants it."""
    scope.demand(Area.ANTISPAM, Right.VIEW_CONFIGURATION)
    document = drafts.parsed(tenancy.whole(scope).text)
    if not list(conformance(document, ())):
        return ()
    path = mail_path()
    past = [
        PastVersion(
            document=drafts.parsed(tenancy.whole(scope, version.number).text),
            published_at=version.published_at,
        )
        for version in path.wait(path.tenants.history(scope.tenant_name))[:_MOST_VERSIONS]
    ]
    return list(conformance(document, past))

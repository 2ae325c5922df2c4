"""What tells of domains that somebody's rights do not reach, and is not shown to them."""

from __future__ import annotations

import re
from functools import lru_cache

from lazaretto.store.scope import Scope
from lazaretto.tenants.document import TenantDocument


def is_within(scope: Scope, document: TenantDocument, *texts: object) -> bool:
    """Tell whether none of ``texts`` names a domain of the tenant's that the scope does not reach."""
    if scope.domains.is_all:
        return True
    beyond = frozenset(each for each in document.domains if not scope.domains.reach(each))
    return not beyond or not any(_naming(beyond).search(str(text)) for text in texts)


@lru_cache(maxsize=64)
def _naming(domains: frozenset[str]) -> re.Pattern[str]:
    names = "|".join(re.escape(each) for each in sorted(domains))
    # A sub-domain is another domain: what it is called says nothing of the one above it.
    return re.compile(rf"(?<![\w.-])(?:{names})(?![\w-]|\.\w)", re.IGNORECASE)

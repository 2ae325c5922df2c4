"""What is on trial in a tenant, what it would have done, and putting it in force."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from lazaretto.core.errors import ConfigurationError
from lazaretto.pipeline.list_usage import trial_of, usage_of
from lazaretto.store import tenancy
from lazaretto.store.given import given
from lazaretto.store.mailpath import mail_path
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants import trials as tenants
from lazaretto.tenants.caring import listed_in
from lazaretto.tenants.store import Applied


@dataclass(frozen=True, slots=True, kw_only=True)
class OnTrial:
    """Something that is recorded and never acts."""

    kind: str
    """``rules``, ``approved_senders``, ``blocked_senders`` or ``thresholds``."""
    name: str
    since: datetime | None
    """None = it was published within the last hour."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trials:
    """Everything on trial, and what it would have done."""

    tried: Sequence[OnTrial]
    messages: int
    """Messages that would have fared otherwise."""
    fates: Mapping[str, int]


def trials(scope: Scope, days: int = 14) -> Trials:
    """Return what is on trial, and what it would have done within the last ``days``."""
    scope.demand(Area.ANTISPAM, Right.VIEW_CONFIGURATION)
    scope.demand_all_domains()
    path = mail_path()
    document = tenancy.document_in_force(scope)[1]
    since = path.wait(path.entry_ages.of(scope.of_tenant))
    tried = [
        OnTrial(kind=each.list.removeprefix("trial "), name=each.entry, since=since.get(each))
        for each in listed_in(document)
        if each.list.startswith("trial ")
    ]
    outcome = trial_of(given().trace, scope.of_tenant, timedelta(days=days))
    return Trials(tried=tried, messages=outcome["messages"], fates=outcome["fates"])


def promote(scope: Scope, only: tenants.OnTrial | None = None) -> Applied:
    """Put what is on trial in force, all of it or ``only`` one; needs the rights that publishing it needs."""
    version, document = tenancy.document_in_force(scope)
    tried = list(tenants.trials_in(document))
    if not tried:
        raise ConfigurationError("nothing is on trial; mark a rule or an entry with shadow: true")
    if only is not None and only not in tried:
        raise ConfigurationError(f"{only.words} is not on trial; what is: {_names(tried)}")
    changed = tenants.promoted(document, tried if only is None else [only])
    note = "what was on trial acts" if only is None else f"{only.words} acts, after its trial"
    return tenancy.publish_document(scope, document, changed, expected=version, note=note)


def _names(tried: Sequence[tenants.OnTrial]) -> str:
    return ", ".join(each.words for each in tried[:10])


def list_usage(scope: Scope, days: int = 30) -> list[dict[str, Any]]:
    """Return each entry of the tenant's lists with hits, last use, end, and what passed only by it."""
    scope.demand(Area.LISTS, Right.VIEW_CONFIGURATION)
    scope.demand_all_domains()
    document = tenancy.document_in_force(scope)[1]
    known = usage_of(given().trace, document, scope.of_tenant, timedelta(days=days))
    return [each.as_json() for each in known]

"""Which area each part of a tenant's document belongs to, and so who may see and change it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from lazaretto.store.scope import Area, Forbidden, Right, Scope
from lazaretto.tenants.document import TenantDocument

_AREAS: Final[Mapping[str, Area]] = {
    "address_patterns": Area.ADDRESSES,
    "address_registration": Area.ADDRESSES,
    "addresses": Area.ADDRESSES,
    "administrators": Area.PEOPLE,
    "aliases": Area.ADDRESSES,
    "antimalware": Area.ANTIMALWARE,
    "antispam": Area.ANTISPAM,
    "approved_senders": Area.LISTS,
    "banners": Area.DISCLAIMERS,
    "blocked_senders": Area.LISTS,
    "digest": Area.QUARANTINE,
    "disclaimers": Area.DISCLAIMERS,
    "domains": Area.ROUTES,
    "groups": Area.ADDRESSES,
    "impersonation": Area.IMPERSONATION,
    "language": Area.PEOPLE,
    "list_care": Area.LISTS,
    "malware_handling": Area.ANTIMALWARE,
    "max_message_size": Area.ROUTES,
    "newsletters": Area.LISTS,
    "options": Area.ANTISPAM,
    "outbound": Area.ROUTES,
    "personal_lists": Area.LISTS,
    "plus_addresses": Area.ADDRESSES,
    "profile": Area.ANTISPAM,
    "protected_names": Area.IMPERSONATION,
    "quarantine": Area.QUARANTINE,
    "reports": Area.QUARANTINE,
    "review": Area.PEOPLE,
    "routes": Area.ROUTES,
    "rules": Area.ANTISPAM,
    "strict_line_ends": Area.ROUTES,
    "tls_partners": Area.TLS,
}
"""What is not named here is the operator's to change: nothing new becomes open by being forgotten."""
_NEVER: Final = frozenset({"version", "tenant"})


def area_of(part: str) -> Area:
    """Return the area of a document's part called ``part``."""
    return _AREAS.get(part, Area.TENANTS)


def parts_of(document: TenantDocument | None) -> dict[str, Any]:
    """Return the parts of ``document`` that are not at their defaults, as JSON values."""
    if document is None:
        return {}
    values = document.model_dump(mode="json", exclude_defaults=True)
    return {key: value for key, value in values.items() if key not in _NEVER}


def demand_view(scope: Scope, document: TenantDocument) -> None:
    """Raise ``Forbidden`` where ``document`` says something that the scope may not see."""
    for part in parts_of(document):
        area = area_of(part)
        if area is not Area.TENANTS:
            scope.demand(area, Right.VIEW_CONFIGURATION)


def demand_change(scope: Scope, before: TenantDocument | None, after: TenantDocument) -> None:
    """Raise ``Forbidden`` where the step from ``before`` to ``after`` is not permitted."""
    old, new = parts_of(before), parts_of(after)
    for part in sorted(old.keys() | new.keys()):
        if old.get(part) != new.get(part):
            scope.demand(area_of(part), Right.EDIT)
            _demand_reach(scope, part, old.get(part), new.get(part))


def _demand_reach(scope: Scope, part: str, old: Any, new: Any) -> None:
    if scope.domains.is_all:
        return
    if part == "domains":
        changed = _changed_keys(old or {}, new or {})
    elif part == "addresses":
        changed = {address.rpartition("@")[2] for address in set(old or ()) ^ set(new or ())}
    else:
        raise Forbidden(f"{part} concerns all domains of the tenant, and your rights reach only some")
    beyond = sorted(domain for domain in changed if not scope.domains.reach(domain))
    if beyond:
        raise Forbidden(f"your rights do not reach {', '.join(beyond)}")


def _changed_keys(old: Mapping[str, Any], new: Mapping[str, Any]) -> set[str]:
    return {key for key in old.keys() | new.keys() if old.get(key) != new.get(key)}

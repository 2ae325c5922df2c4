"""Tenants and their documents: read, checked, published, compared and taken back."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache

from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.core.identity import TenantId
from lazaretto.store.auditing import ordered
from lazaretto.store.changes import changed_parts
from lazaretto.store.mailpath import mail_path
from lazaretto.store.people.scopes import Caller
from lazaretto.store.proofs import demand_proven
from lazaretto.store.removals import demand_confirmed
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.store.sections import demand_change, demand_view
from lazaretto.tenants.checking import check
from lazaretto.tenants.document import TenantDocument, parse_document
from lazaretto.tenants.remarks import Remark
from lazaretto.tenants.store import Applied, OutdatedVersion, Version


@dataclass(frozen=True, slots=True, kw_only=True)
class InForce:
    """A tenant's document as it applies."""

    name: str
    version: int
    text: str


def visible_names(caller: Caller) -> list[str]:
    """Return the names of the tenants in which something is granted to ``caller``, in order."""
    path = mail_path()
    reached = caller.tenants()
    states = path.wait(path.tenants.states())
    if reached is None:
        return list(states)
    return [name for name, state in states.items() if reached.includes(state.tenant, state.reseller)]


def in_force(scope: Scope) -> InForce:
    """Return the document that applies, if the scope may see all that it says."""
    found = _in_force(scope)
    demand_view(scope, parse_document(found.text, scope.tenant_name))
    return found


def whole(scope: Scope, version: int | None = None) -> InForce:
    """Return a whole document, whatever the scope may see of it: for those who show and change parts.

    Whoever calls this demands the right to see for each part that is shown, and ``publish`` demands the
    right to change for each part that differs.  Raises ``ScopeError`` where there is no such version.
    """
    if version is None:
        return _in_force(scope)
    path = mail_path()
    text = path.wait(path.tenants.version_text(scope.tenant_name, version))
    if text is None:
        raise ScopeError("there is no such version")
    return InForce(name=scope.tenant_name, version=version, text=text)


def history(scope: Scope) -> Sequence[Version]:
    """Return the versions, latest first."""
    scope.demand(Area.AUDIT, Right.VIEW_STATISTICS)
    path = mail_path()
    return path.wait(path.tenants.history(scope.tenant_name))


def version_text(scope: Scope, version: int) -> str:
    """Return the document of an older version, if the scope may see all that it says."""
    path = mail_path()
    text = path.wait(path.tenants.version_text(scope.tenant_name, version))
    if text is None:
        raise ScopeError("there is no such version")
    demand_view(scope, parse_document(text, scope.tenant_name))
    return text


def difference(scope: Scope, older: int, newer: int) -> str:
    """Return what changed between two versions, as a unified diff."""
    lines = difflib.unified_diff(
        version_text(scope, older).split("\n"),
        version_text(scope, newer).split("\n"),
        f"version {older}",
        f"version {newer}",
        lineterm="",
    )
    return "\n".join(lines)


def remarks(scope: Scope, text: str) -> Sequence[Remark]:
    """Tell what is wrong, or odd, in a document that was not published yet."""
    scope.demand(Area.ROUTES, Right.VIEW_CONFIGURATION)
    return check(text, "document", datetime.now(UTC).date())


def publish(
    scope: Scope, text: str, *, expected: int, note: str = "", confirmed: str | None = None
) -> Applied:
    """Publish the document in ``text`` in place of version ``expected``; return when it is in force.

    Raises ``OutdatedVersion`` where another version is in force, ``ConfigurationError`` where the document is
    wrong, ``Forbidden`` where it changes what the scope may not change.  ``confirmed`` is a program's word
    for what may be lost (``removals``), empty where it gave none; None where a person was asked beforehand.
    """
    document = parsed_for(scope, text)
    version, before = document_in_force(scope)
    if version != expected:
        raise OutdatedVersion(expected, version)
    return publish_document(scope, before, document, expected=expected, note=note, confirmed=confirmed)


def publish_document(
    scope: Scope,
    before: TenantDocument,
    document: TenantDocument,
    *,
    expected: int,
    note: str = "",
    confirmed: str | None = None,
) -> Applied:
    """Publish ``document``, which was made from ``before``, in place of version ``expected``."""
    demand_change(scope, before, document)
    if confirmed is not None:
        demand_confirmed(before, document, confirmed)
    if document == before:
        # Nothing is ordered, so nothing is recorded.
        path = mail_path()
        return path.wait(path.tenants.apply_document(document, by=scope.who.name, expected=expected))
    demand_proven(scope, before, document)
    path = mail_path()
    changes = changed_parts(before, document)
    with ordered(scope, "tenant.publish", scope.tenant_name, before=changes[0], after=changes[1]):
        applied = path.wait(
            path.tenants.apply_document(document, by=scope.who.name, note=note, expected=expected)
        )
        path.wait(path.tenants.wait_until_in_force(applied.publication))
    return applied


def rollback(scope: Scope, version: int, *, confirmed: str | None = None) -> Applied:
    """Publish what ``version`` said as a new version."""
    text = version_text(scope, version)
    expected = _in_force(scope).version
    note = f"rollback to version {version}"
    return publish(scope, text, expected=expected, note=note, confirmed=confirmed)


def add_tenant(scope: Scope, text: str) -> Applied:
    """Make a tenant of the document in ``text``; for the operator."""
    scope.demand(Area.TENANTS, Right.EDIT)
    document = parse_document(text, "document")
    path = mail_path()
    if path.wait(path.tenants.number_of(document.tenant)) is not None:
        raise ConfigurationError(f"there is a tenant {document.tenant} already; change its configuration")
    with ordered(scope, "tenant.add", document.tenant, after=changed_parts(None, document)[1]):
        applied = path.wait(path.tenants.apply(text, by=scope.who.name))
        path.wait(path.tenants.wait_until_in_force(applied.publication))
    return applied


def number_of(name: str) -> TenantId | None:
    """Return the number of the tenant called ``name``."""
    path = mail_path()
    return path.wait(path.tenants.number_of(name))


def document_in_force(scope: Scope) -> tuple[int, TenantDocument]:
    """Return the version that applies and its document, for those who decide by it and do not show it."""
    found = _in_force(scope)
    return found.version, _parsed(found.text)


# Documents are read at nearly every request, and large ones take a second to parse.
@lru_cache(maxsize=16)
def _parsed(text: str) -> TenantDocument:
    return parse_document(text, "document in force")


def owner_of(domain: str) -> str | None:
    """Return the name of the tenant that receives for ``domain``, for the operator's search."""
    path = mail_path()
    return path.wait(path.tenants.owner_of(domain))


def text_in_force(scope: Scope) -> str:
    """Return the document that applies, for those who decide by it and do not show it."""
    return _in_force(scope).text


def _in_force(scope: Scope) -> InForce:
    path = mail_path()
    version, text = path.wait(path.tenants.in_force(scope.tenant_name))
    return InForce(name=scope.tenant_name, version=version, text=text)


def parsed_for(scope: Scope, text: str) -> TenantDocument:
    """Return the document in ``text``, which must be of the scope's tenant."""
    document = parse_document(text, "document")
    if document.tenant != scope.tenant_name:
        raise ConfigurationError(
            f"this document is of a tenant {document.tenant!r}, not of {scope.tenant_name!r}"
        )
    return document

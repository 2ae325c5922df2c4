"""Changes that wait for a second person: proposed, looked at, approved or rejected."""

from __future__ import annotations

import difflib
from collections.abc import Sequence

from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.store.auditing import ordered
from lazaretto.store.changes import changed_parts
from lazaretto.store.mailpath import mail_path
from lazaretto.store.proofs import demand_proven
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.store.sections import demand_change, demand_view
from lazaretto.store.tenancy import parsed_for, text_in_force
from lazaretto.tenants.document import TenantDocument, parse_document
from lazaretto.tenants.reviewing import Proposal
from lazaretto.tenants.store import Applied


def propose(scope: Scope, text: str, *, note: str = "") -> Proposal:
    """Keep the document in ``text`` until somebody else decides; the same rights as for publishing it."""
    document = parsed_for(scope, text)
    before = parse_document(text_in_force(scope), scope.tenant_name)
    demand_change(scope, before, document)
    demand_proven(scope, before, document)
    path = mail_path()
    old, new = changed_parts(before, document)
    with ordered(scope, "proposal.make", scope.tenant_name, before=old, after=new):
        return path.wait(path.reviews.propose(text, scope.who.name, note=note))


def proposals(
    scope: Scope, *, only_open: bool = False, before: int | None = None, limit: int = 100
) -> Sequence[Proposal]:
    """Return the proposals of the scope's tenant, latest first, without their documents."""
    scope.demand(Area.AUDIT, Right.VIEW_STATISTICS)
    path = mail_path()
    return path.wait(path.reviews.list(scope.tenant_name, only_open=only_open, before=before, limit=limit))


def proposal(scope: Scope, identity: int) -> Proposal:
    """Return one proposal with its document, if the scope may see all that it says."""
    found = _found(scope, identity)
    demand_view(scope, parse_document(found.document, scope.tenant_name))
    return found


def difference(scope: Scope, identity: int) -> str:
    """Return what a proposal changes in the version that it was made from, as a unified diff."""
    found = proposal(scope, identity)
    path = mail_path()
    before = path.wait(path.tenants.version_text(scope.tenant_name, found.based_on)) or ""
    demand_view(scope, parse_document(before, scope.tenant_name))
    lines = difflib.unified_diff(
        before.split("\n"),
        found.document.split("\n"),
        f"version {found.based_on}",
        f"proposal {identity}",
        lineterm="",
    )
    return "\n".join(lines)


def approve(scope: Scope, identity: int) -> Applied:
    """Publish the proposal of somebody else; needs the rights that publishing it would need."""
    found = _found(scope, identity)
    before = _base_of(scope, found)
    after = parse_document(found.document, scope.tenant_name)
    demand_change(scope, before, after)
    demand_proven(scope, before, after)
    path = mail_path()
    told = {"proposal": identity, "proposed_by": found.proposed_by}
    old, new = changed_parts(before, after)
    with ordered(scope, "proposal.approve", scope.tenant_name, before=old, after={**told, "changes": new}):
        applied = path.wait(path.reviews.approve(scope.tenant_name, identity, scope.who.name))
        path.wait(path.tenants.wait_until_in_force(applied.publication))
    return applied


def reject(scope: Scope, identity: int, reason: str = "") -> Proposal:
    """Decide that a proposal shall not be published; an own one is withdrawn so."""
    found = _found(scope, identity)
    before = _base_of(scope, found)
    demand_change(scope, before, parse_document(found.document, scope.tenant_name))
    path = mail_path()
    told = {"proposal": identity, "proposed_by": found.proposed_by, "reason": reason}
    with ordered(scope, "proposal.reject", scope.tenant_name, after=told):
        return path.wait(path.reviews.reject(scope.tenant_name, identity, scope.who.name, reason=reason))


def _found(scope: Scope, identity: int) -> Proposal:
    path = mail_path()
    try:
        return path.wait(path.reviews.read(scope.tenant_name, identity))
    except ConfigurationError as failure:
        raise ScopeError("there is no such proposal") from failure


def _base_of(scope: Scope, found: Proposal) -> TenantDocument:
    """Return the document that a proposal was made from."""
    path = mail_path()
    text = path.wait(path.tenants.version_text(scope.tenant_name, found.based_on))
    return parse_document(text or "", scope.tenant_name)

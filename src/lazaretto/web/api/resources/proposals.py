"""Changes that wait for a second person."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Field, Path, Query, Router, Schema, Status

from lazaretto.store import reviews
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.reviewing import Proposal
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.pages import NO_NUL, Cursor, Limit, Page, cursor_of, parts_of
from lazaretto.web.api.problems import PROBLEMS

router = Router()
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]
Number = Annotated[int, Path(ge=1, le=9_007_199_254_740_991, description="The proposal's number.")]
_CHANGE = Needs(Area.ROUTES, Right.VIEW_CONFIGURATION)


class ProposalWanted(Schema):
    """A configuration that shall be published when somebody else approves it."""

    document: str = Field(max_length=16_000_000, description="The whole YAML document.")
    note: str = Field(
        "", max_length=500, pattern=NO_NUL, description="Why, for the one who decides and for the history."
    )


class Why(Schema):
    """Words to a decision."""

    reason: str = Field("", max_length=500, pattern=NO_NUL, description="Why not.")


class ProposalShown(Schema):
    """A change that waits, or waited, for a second person."""

    id: int
    based_on: int = Field(description="The version in force when it was made.")
    note: str
    proposed_by: str
    proposed_at: datetime
    expires_at: datetime
    state: str = Field(description="`open`, `approved`, `rejected` or `expired`.")
    decided_by: str
    decided_at: datetime | None
    reason: str
    version: int | None = Field(description="The version that it became.")


class ProposalWhole(ProposalShown):
    """A proposal with what it would publish."""

    document: str
    difference: str = Field(description="What it changes in the version it is based on, as a unified diff.")


class Approved(Schema):
    """What came of approving."""

    tenant: str
    version: int


@router.get(
    "/tenants/{tenant}/proposals",
    auth=Needs(Area.AUDIT, Right.VIEW_STATISTICS),
    response={200: Page[ProposalShown], **PROBLEMS},
    summary="List changes that wait for a second person",
)
def list_proposals(
    request: HttpRequest,
    tenant: Name,
    only_open: Annotated[bool, Query(description="Only those that wait.")] = False,
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Any:
    """Return the proposals, latest first."""
    (before,) = parts_of(cursor, tuple[int]) if cursor else (None,)
    found = reviews.proposals(_scope(request), only_open=only_open, before=before, limit=limit + 1)
    shown = [_shown(each) for each in found[:limit]]
    return Page[ProposalShown](items=shown, next=cursor_of(shown[-1].id) if len(found) > limit else None)


@router.post(
    "/tenants/{tenant}/proposals",
    auth=_CHANGE,
    response={201: ProposalShown, **PROBLEMS},
    summary="Propose a change",
)
def propose(request: HttpRequest, tenant: Name, body: ProposalWanted) -> Any:
    """Keep a document until somebody else decides; the rights are those that publishing it needs."""
    return Status(201, _shown(reviews.propose(_scope(request), body.document, note=body.note)))


@router.get(
    "/tenants/{tenant}/proposals/{number}",
    auth=_CHANGE,
    response={200: ProposalWhole, **PROBLEMS},
    summary="Read a proposed change",
)
def read_proposal(request: HttpRequest, tenant: Name, number: Number) -> Any:
    """Return one proposal with its document and what it changes."""
    scope = _scope(request)
    found = reviews.proposal(scope, number)
    shown = _shown(found).model_dump()
    return ProposalWhole(**shown, document=found.document, difference=reviews.difference(scope, number))


@router.post(
    "/tenants/{tenant}/proposals/{number}/approval",
    auth=_CHANGE,
    response={200: Approved, **PROBLEMS},
    summary="Approve a change and publish it",
)
def approve(request: HttpRequest, tenant: Name, number: Number) -> Any:
    """Publish the proposal of somebody else; answers when it is in force in every process."""
    applied = reviews.approve(_scope(request), number)
    return Approved(tenant=applied.name, version=applied.version)


@router.post(
    "/tenants/{tenant}/proposals/{number}/rejection",
    auth=_CHANGE,
    response={200: ProposalShown, **PROBLEMS},
    summary="Reject a change, or withdraw an own one",
)
def reject(request: HttpRequest, tenant: Name, number: Number, body: Why) -> Any:
    """Decide that a proposal shall not be published."""
    return _shown(reviews.reject(_scope(request), number, body.reason))


def _scope(request: HttpRequest) -> Scope:
    scope: Scope = request.auth  # type: ignore[attr-defined]
    return scope


def _shown(proposal: Proposal) -> ProposalShown:
    return ProposalShown(
        id=proposal.id,
        based_on=proposal.based_on,
        note=proposal.note,
        proposed_by=proposal.proposed_by,
        proposed_at=proposal.proposed_at,
        expires_at=proposal.expires_at,
        state=proposal.state,
        decided_by=proposal.decided_by,
        decided_at=proposal.decided_at,
        reason=proposal.reason,
        version=proposal.version,
    )

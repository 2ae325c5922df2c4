"""Releases of malware: asked for by one, approved or denied by another."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any
from uuid import UUID

from django.http import HttpRequest
from ninja import Field, Path, Router, Schema

from lazaretto.store import releasing
from lazaretto.store.releasing import Judgment, Requested
from lazaretto.store.scope import Area, Right
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.problems import PROBLEMS

router = Router()
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]
Reason = Annotated[str, Field(max_length=1_000, pattern=r"^[^\x00]*$")]


class RequestShown(Schema):
    """One request for the release of one copy."""

    id: UUID
    copy_id: UUID
    message: UUID
    to: str
    """What was asked for: `recipients`, `first`, or an address."""
    reached: list[str]
    """The addresses that an approval sends it to; empty when the copy is gone."""
    reason: str
    requested_by: str
    requested_at: datetime
    state: str
    """`looking` (it is looked at again), `waiting`, `approved`, `released`, `denied` or `gone`."""
    second_look: str
    """The verdict of the look before the decision."""
    decided_by: str
    decided_at: datetime | None
    decision_reason: str
    may_decide: bool
    """Whether you are the other pair of eyes."""


class Wish(Schema):
    """Which copies shall be released, where to and why."""

    ids: list[UUID] = Field(min_length=1, max_length=100)
    to: str = Field("recipients", max_length=320, pattern=r"^[^\x00]*$")
    """`recipients`, `first`, `predefined`, or an address of the tenant."""
    reason: Reason


class Decision(Schema):
    """Why it was decided so."""

    reason: Reason = ""


@router.get(
    "/tenants/{tenant}/quarantine/requests",
    auth=Needs(Area.QUARANTINE, Right.VIEW_STATISTICS),
    response={200: list[RequestShown], **PROBLEMS},
    summary="List requests for the release of malware",
)
def list_requests(request: HttpRequest, tenant: Name, everything: bool = False) -> Any:
    """Return open requests, newest first; `everything` = decided ones as well."""
    found = releasing.requests(request.auth, only_open=not everything)  # type: ignore[attr-defined]
    return [_shown(each) for each in found]


@router.post(
    "/tenants/{tenant}/quarantine/requests",
    auth=Needs(Area.QUARANTINE, Right.RELEASE),
    response={200: list[RequestShown], **PROBLEMS},
    summary="Ask for the release of malware",
)
def ask(request: HttpRequest, tenant: Name, body: Wish) -> Any:
    """Have copies looked at again and put before another administrator.

    The very same request, made twice, is made once.  Where another one is open for a copy the answer is
    409 and says whose, and nothing is asked for.
    """
    scope = request.auth  # type: ignore[attr-defined]
    return [_shown(each) for each in releasing.ask(scope, body.ids, to=body.to, reason=body.reason)]


@router.post(
    "/tenants/{tenant}/quarantine/requests/{id}/approve",
    auth=Needs(Area.QUARANTINE, Right.RELEASE),
    response={200: RequestShown, **PROBLEMS},
    summary="Approve a release",
)
def approve(request: HttpRequest, tenant: Name, id: UUID, body: Decision) -> Any:  # noqa: A002
    """Send the copy to those who are `reached` by this request; who asked cannot approve."""
    scope = request.auth  # type: ignore[attr-defined]
    return _shown(releasing.decide(scope, id, Judgment.APPROVE, reason=body.reason))


@router.post(
    "/tenants/{tenant}/quarantine/requests/{id}/deny",
    auth=Needs(Area.QUARANTINE, Right.RELEASE),
    response={200: RequestShown, **PROBLEMS},
    summary="Deny a release",
)
def deny(request: HttpRequest, tenant: Name, id: UUID, body: Decision) -> Any:  # noqa: A002
    """Leave the copy where it is."""
    scope = request.auth  # type: ignore[attr-defined]
    return _shown(releasing.decide(scope, id, Judgment.DENY, reason=body.reason))


def _shown(each: Requested) -> RequestShown:
    found = each.request
    return RequestShown(
        id=found.id,
        copy_id=found.quarantine,
        message=found.message,
        to=found.target,
        reached=list(each.reached),
        reason=found.reason,
        requested_by=found.requested_by,
        requested_at=found.requested_at,
        state=found.state,
        second_look=found.second_look,
        decided_by=found.decided_by,
        decided_at=found.decided_at,
        decision_reason=found.decision_reason,
        may_decide=each.may_decide,
    )

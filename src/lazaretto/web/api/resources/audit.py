"""Who ordered what."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest
from ninja import Path, Query, Router, Schema

from lazaretto.journal.auditing import Entry, Verified
from lazaretto.store import auditing
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.pages import Cursor, Limit, Page, cursor_of, parts_of
from lazaretto.web.api.problems import PROBLEMS

router = Router()
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]
Word = Annotated[str, Query(max_length=320, pattern=r"^[^\x00]*$")]
_SEE = Needs(Area.AUDIT, Right.VIEW_STATISTICS)


class EntryShown(Schema):
    """One order."""

    number: int
    at: datetime
    actor: str
    on_behalf_of: str
    client: str
    act: str
    """`noun.verb`; one that ends with ` failed` says that the order before it was not carried out."""
    object: str
    before: Any = None
    after: Any = None
    hash: str


class VerifiedShown(Schema):
    """What came of reading a whole chain again."""

    entries: int
    head: str
    """The latest hash: kept elsewhere, it proves the chain up to here."""
    holds: bool
    problem: str
    forgotten: int
    """How many entries before these were kept long enough and are forgotten."""


@router.get(
    "/audit", auth=_SEE, response={200: Page[EntryShown], **PROBLEMS}, summary="Read the platform's audit"
)
def read_platform(
    request: HttpRequest, act: Word = "", actor: Word = "", cursor: Cursor = "", limit: Limit = 100
) -> Any:
    """Return what was ordered on the platform itself, latest first."""
    return _page(_scope(request), act, actor, cursor, limit)


@router.get(
    "/audit/verification",
    auth=_SEE,
    response={200: VerifiedShown, **PROBLEMS},
    summary="Verify the platform's audit",
)
def verify_platform(request: HttpRequest) -> Any:
    """Read the whole chain again and tell whether anything was changed or removed."""
    return _verified(auditing.verified(_scope(request)))


@router.get(
    "/tenants/{tenant}/audit",
    auth=_SEE,
    response={200: Page[EntryShown], **PROBLEMS},
    summary="Read a tenant's audit",
)
def read_audit(
    request: HttpRequest,
    tenant: Name,
    act: Word = "",
    actor: Word = "",
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Any:
    """Return what was ordered for the tenant, latest first."""
    return _page(_scope(request), act, actor, cursor, limit)


@router.get(
    "/tenants/{tenant}/audit/verification",
    auth=_SEE,
    response={200: VerifiedShown, **PROBLEMS},
    summary="Verify a tenant's audit",
)
def verify_audit(request: HttpRequest, tenant: Name) -> Any:
    """Read the whole chain again and tell whether anything was changed or removed."""
    return _verified(auditing.verified(_scope(request)))


def _scope(request: HttpRequest) -> Scope:
    scope: Scope = request.auth  # type: ignore[attr-defined]
    return scope


def _page(scope: Scope, act: str, actor: str, cursor: str, limit: int) -> Page[EntryShown]:
    (before,) = parts_of(cursor, tuple[int]) if cursor else (None,)
    found = auditing.entries(scope, before=before, act=act, actor=actor, limit=limit + 1)
    shown = [_shown(entry) for entry in found[:limit]]
    return Page[EntryShown](items=shown, next=cursor_of(shown[-1].number) if len(found) > limit else None)


def _verified(verified: Verified) -> VerifiedShown:
    return VerifiedShown(
        entries=verified.entries,
        head=verified.head,
        holds=not verified.problem,
        problem=verified.problem,
        forgotten=verified.forgotten,
    )


def _shown(entry: Entry) -> EntryShown:
    return EntryShown(
        number=entry.number,
        at=entry.at,
        actor=entry.actor,
        on_behalf_of=entry.on_behalf_of,
        client=entry.client,
        act=entry.act,
        object=entry.object,
        before=entry.before,
        after=entry.after,
        hash=bytes(entry.hash).hex(),
    )

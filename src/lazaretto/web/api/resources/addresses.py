"""The validation list: registered addresses, uploads and downloads, and what mail taught."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from ninja import Field, Path, Query, Router, Schema

from lazaretto.store import addresses
from lazaretto.store.addresses import Uploaded
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.address_csv import Mode
from lazaretto.web.api.needs import Needs
from lazaretto.web.api.pages import NO_NUL, Cursor, Limit, Page, cursor_of, parts_of
from lazaretto.web.api.problems import PROBLEMS, Confirmed

router = Router()
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]
_SEE = Needs(Area.ADDRESSES, Right.VIEW_CONFIGURATION)
_EDIT = Needs(Area.ADDRESSES, Right.EDIT)


class AddressShown(Schema):
    """A registered address."""

    address: str


class LearnedShown(Schema):
    """An address that mail taught and that is not registered."""

    address: str
    source: str
    first_seen: datetime
    last_seen: datetime
    messages: int


class Upload(Schema):
    """A table of addresses."""

    csv: str = Field(
        max_length=16_000_000,
        description="One address per line; a second column names the mailbox that it is an alias of. A line "
        "with a `*` before the `@` is a pattern.",
    )
    mode: Mode = Field(
        Mode.MERGE, description="`replace` removes every address that the table does not name."
    )
    dry_run: bool = Field(False, description="Only count what would change.")


class Chosen(Schema):
    """Some learned addresses."""

    addresses: list[Annotated[str, Field(max_length=320, pattern=NO_NUL)]] = Field(
        min_length=1, max_length=1_000
    )


class CountsShown(Schema):
    """What changes."""

    added: int
    removed: int
    kept: int
    aliases: int
    patterns: int
    total: int
    version: int = Field(description="The version in force afterwards.")
    changed: bool = Field(description="False: the table says what was in force, or it was a dry run.")
    proposal: int | None = Field(
        None, description="The proposal that it became, where a second person must approve it."
    )


class Dismissed(Schema):
    """What was forgotten."""

    dismissed: int


@router.get(
    "/tenants/{tenant}/addresses",
    auth=_SEE,
    response={200: Page[AddressShown], **PROBLEMS},
    summary="List registered addresses",
)
def list_addresses(
    request: HttpRequest,
    tenant: Name,
    search: Annotated[str, Query(max_length=320, pattern=NO_NUL, description="Part of the address.")] = "",
    cursor: Cursor = "",
    limit: Limit = 100,
) -> Any:
    """Return the validation list, aliases not included, in its order."""
    (after,) = parts_of(cursor, tuple[str]) if cursor else ("",)
    found = addresses.addresses(_scope(request), after=after, search=search, limit=limit + 1)
    shown = [AddressShown(address=each) for each in found[:limit]]
    return Page[AddressShown](items=shown, next=cursor_of(shown[-1].address) if len(found) > limit else None)


@router.post(
    "/tenants/{tenant}/addresses",
    auth=_EDIT,
    response={200: CountsShown, **PROBLEMS},
    summary="Upload addresses",
)
def upload(request: HttpRequest, tenant: Name, body: Upload, confirmed: Confirmed = "") -> Any:
    """Merge a table into the validation list, or replace the list by it; a wrong line changes nothing.

    A table that removes several addresses that are more than a fifth of all, or half of all or more, is
    answered 409, until `Confirm-Removal` says that it is meant.
    """
    return _shown(
        addresses.upload(_scope(request), body.csv, body.mode, dry_run=body.dry_run, confirmed=confirmed)
    )


@router.get(
    "/tenants/{tenant}/addresses/table",
    auth=_SEE,
    response={(200): None, **PROBLEMS},
    summary="Download addresses",
    openapi_extra={
        "responses": {200: {"content": {"text/csv": {"schema": {"type": "string"}}}}},
    },
)
def download(request: HttpRequest, tenant: Name) -> HttpResponse:
    """Return addresses, aliases and patterns as CSV; uploading it again changes nothing."""
    answer = HttpResponse(addresses.download(_scope(request)), content_type="text/csv; charset=utf-8")
    answer.headers["Content-Disposition"] = 'attachment; filename="addresses.csv"'
    return answer


@router.get(
    "/tenants/{tenant}/addresses/learned",
    auth=_SEE,
    response={200: Page[LearnedShown], **PROBLEMS},
    summary="List learned addresses",
)
def list_learned(request: HttpRequest, tenant: Name, cursor: Cursor = "", limit: Limit = 100) -> Any:
    """Return what outgoing mail taught and nobody registered, with source and dates."""
    (after,) = parts_of(cursor, tuple[str]) if cursor else ("",)
    found = addresses.learned(_scope(request), after=after, limit=limit + 1)
    shown = [
        LearnedShown(
            address=each.address,
            source=each.source,
            first_seen=each.first_seen,
            last_seen=each.last_seen,
            messages=each.messages,
        )
        for each in found[:limit]
    ]
    return Page[LearnedShown](items=shown, next=cursor_of(shown[-1].address) if len(found) > limit else None)


@router.post(
    "/tenants/{tenant}/addresses/learned/adoption",
    auth=_EDIT,
    response={200: CountsShown, **PROBLEMS},
    summary="Register learned addresses",
)
def adopt(request: HttpRequest, tenant: Name, body: Chosen) -> Any:
    """Put learned addresses on the validation list."""
    return _shown(addresses.adopt(_scope(request), body.addresses))


@router.post(
    "/tenants/{tenant}/addresses/learned/dismissal",
    auth=_EDIT,
    response={200: Dismissed, **PROBLEMS},
    summary="Forget learned addresses",
)
def dismiss(request: HttpRequest, tenant: Name, body: Chosen) -> Any:
    """Forget learned addresses that are not right; mail may teach them again."""
    return Dismissed(dismissed=addresses.dismiss(_scope(request), body.addresses))


def _scope(request: HttpRequest) -> Scope:
    scope: Scope = request.auth  # type: ignore[attr-defined]
    return scope


def _shown(uploaded: Uploaded) -> CountsShown:
    return CountsShown(
        **addresses.as_json(uploaded.counts),
        version=uploaded.version,
        changed=uploaded.changed,
        proposal=uploaded.proposal,
    )

"""Tenants and their documents."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from django.http import HttpRequest, HttpResponse
from django.utils.translation import get_language_from_request
from ninja import Field, Header, Path, Query, Router, Schema, Status

from lazaretto.core.errors import ConfigurationError
from lazaretto.store import tenancy
from lazaretto.store.people.scopes import Caller
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.remark_words import in_language
from lazaretto.tenants.remarks import Remark
from lazaretto.tenants.store import Applied
from lazaretto.web.api.needs import Needs, NeedsAccount
from lazaretto.web.api.pages import Cursor, Limit, Page, cursor_of, parts_of
from lazaretto.web.api.problems import PROBLEMS, Confirmed, Refused

router = Router()
Name = Annotated[str, Path(max_length=100, description="The tenant's name.")]
Number = Annotated[int, Path(ge=1, le=2_147_483_647, description="A version's number.")]
_MOST_TEXT = 16_000_000


class TenantShown(Schema):
    """A tenant by its name."""

    name: str


class Document(Schema):
    """A whole configuration."""

    document: str = Field(max_length=_MOST_TEXT, description="The YAML document.")
    note: str = Field("", max_length=500, description="Why, for the history.")


class Configuration(Schema):
    """The configuration that applies."""

    tenant: str
    version: int
    document: str


class Published(Schema):
    """What came of publishing."""

    tenant: str
    version: int
    changed: bool
    """False = the very same was in force."""


class RemarkShown(Schema):
    """One sentence about one place of a document."""

    line: int
    column: int
    severity: str
    text: str


class VersionShown(Schema):
    """One entry of the history."""

    version: int
    published_at: datetime
    published_by: str
    note: str


class Back(Schema):
    """Which version shall apply again."""

    version: int = Field(ge=1, le=2_147_483_647)


class Difference(Schema):
    """What changed between two versions."""

    older: int
    newer: int
    diff: str


@router.get(
    "/tenants", auth=NeedsAccount(), response={200: Page[TenantShown], **PROBLEMS}, summary="List tenants"
)
def list_tenants(request: HttpRequest, cursor: Cursor = "", limit: Limit = 100) -> Any:
    """Return the tenants in which something is granted to the caller, by name."""
    caller: Caller = request.auth  # type: ignore[attr-defined]
    (after,) = parts_of(cursor, tuple[str]) if cursor else ("",)
    names = [name for name in tenancy.visible_names(caller) if name > after]
    shown = [TenantShown(name=name) for name in names[:limit]]
    return Page[TenantShown](items=shown, next=cursor_of(shown[-1].name) if len(names) > limit else None)


@router.post(
    "/tenants",
    auth=Needs(Area.TENANTS, Right.EDIT),
    response={201: Published, **PROBLEMS},
    summary="Make a tenant of a document",
)
def add_tenant(request: HttpRequest, body: Document) -> Any:
    """Publish a first document; for the operator."""
    return Status(201, _published(tenancy.add_tenant(_scope(request), body.document)))


@router.get(
    "/tenants/{tenant}/configuration",
    auth=Needs(Area.ROUTES, Right.VIEW_CONFIGURATION),
    response={200: Configuration, **PROBLEMS},
    summary="Read the configuration that applies",
)
def read_configuration(request: HttpRequest, response: HttpResponse, tenant: Name) -> Any:
    """Return the canonical document; its `ETag` is what `PUT` wants in `If-Match`."""
    found = tenancy.in_force(_scope(request))
    response.headers["ETag"] = _etag(found.version)
    return Configuration(tenant=found.name, version=found.version, document=found.text)


@router.put(
    "/tenants/{tenant}/configuration",
    auth=Needs(Area.ROUTES, Right.VIEW_CONFIGURATION),
    response={200: Published, **PROBLEMS},
    summary="Publish a configuration",
)
def publish(
    request: HttpRequest,
    response: HttpResponse,
    tenant: Name,
    body: Document,
    if_match: Annotated[str | None, Header(alias="If-Match", max_length=100)] = None,
    confirmed: Confirmed = "",
) -> Any:
    """Publish the document; answers when it is in force in every process.

    Each part of it that changes needs the right to edit its area.  What takes away a domain, a domain's last
    way of delivery or many addresses is answered 409 with what would be lost, until `Confirm-Removal` says
    that it is meant.
    """
    if if_match is None:
        raise Refused(428, "If-Match is missing: the ETag of the configuration that this one was made from")
    applied = tenancy.publish(
        _scope(request),
        body.document,
        expected=_version_in(if_match),
        note=body.note,
        confirmed=confirmed,
    )
    response.headers["ETag"] = _etag(applied.version)
    return _published(applied)


@router.post(
    "/tenants/{tenant}/configuration/check",
    auth=Needs(Area.ROUTES, Right.VIEW_CONFIGURATION),
    response={200: list[RemarkShown], **PROBLEMS},
    summary="Tell what is wrong with a configuration",
)
def check(request: HttpRequest, tenant: Name, body: Document) -> Any:
    """Return mistakes and oddities with their lines, and publish nothing.

    Oddities are told in the language of `Accept-Language`: `en`, `fr`, `nl` or `de`.
    """
    language = get_language_from_request(request)[:2]
    return [_remark(each, language) for each in tenancy.remarks(_scope(request), body.document)]


@router.get(
    "/tenants/{tenant}/configuration/versions",
    auth=Needs(Area.AUDIT, Right.VIEW_STATISTICS),
    response={200: Page[VersionShown], **PROBLEMS},
    summary="List the versions of the configuration",
)
def list_versions(request: HttpRequest, tenant: Name, cursor: Cursor = "", limit: Limit = 100) -> Any:
    """Return the versions, latest first."""
    (before,) = parts_of(cursor, tuple[int]) if cursor else (2**31,)
    versions = [each for each in tenancy.history(_scope(request)) if each.number < before]
    shown = [
        VersionShown(
            version=each.number,
            published_at=each.published_at,
            published_by=each.published_by,
            note=each.note,
        )
        for each in versions[:limit]
    ]
    return Page[VersionShown](
        items=shown, next=cursor_of(shown[-1].version) if len(versions) > limit else None
    )


@router.get(
    "/tenants/{tenant}/configuration/versions/{version}",
    auth=Needs(Area.ROUTES, Right.VIEW_CONFIGURATION),
    response={200: Configuration, **PROBLEMS},
    summary="Read an older version",
)
def read_version(request: HttpRequest, tenant: Name, version: Number) -> Any:
    """Return the document of one version."""
    text = tenancy.version_text(_scope(request), version)
    return Configuration(tenant=tenant, version=version, document=text)


@router.get(
    "/tenants/{tenant}/configuration/difference",
    auth=Needs(Area.ROUTES, Right.VIEW_CONFIGURATION),
    response={200: Difference, **PROBLEMS},
    summary="Compare two versions",
)
def difference(
    request: HttpRequest,
    tenant: Name,
    older: Annotated[int, Query(ge=1, le=2_147_483_647)],
    newer: Annotated[int, Query(ge=1, le=2_147_483_647)],
) -> Any:
    """Return what changed, as a unified diff."""
    return Difference(older=older, newer=newer, diff=tenancy.difference(_scope(request), older, newer))


@router.post(
    "/tenants/{tenant}/configuration/rollback",
    auth=Needs(Area.ROUTES, Right.VIEW_CONFIGURATION),
    response={200: Published, **PROBLEMS},
    summary="Let an older version apply again",
)
def rollback(request: HttpRequest, tenant: Name, body: Back, confirmed: Confirmed = "") -> Any:
    """Publish what an older version said as a new version; removals are asked about as in `PUT`."""
    return _published(tenancy.rollback(_scope(request), body.version, confirmed=confirmed))


def _scope(request: HttpRequest) -> Scope:
    scope: Scope = request.auth  # type: ignore[attr-defined]
    return scope


def _published(applied: Applied) -> Published:
    return Published(tenant=applied.name, version=applied.version, changed=applied.changed)


def _remark(remark: Remark, language: str) -> RemarkShown:
    return RemarkShown(
        line=remark.line,
        column=remark.column,
        severity=remark.severity.value,
        text=in_language(remark.text, language),
    )


def _etag(version: int) -> str:
    return f'"{version}"'


def _version_in(etag: str) -> int:
    text = etag.strip().removeprefix("W/").strip('"')
    if not (text.isascii() and text.isdigit() and len(text) <= 10):
        raise ConfigurationError("If-Match is not an ETag of ours; read the configuration to get one")
    return int(text)

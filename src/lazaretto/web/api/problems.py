"""Errors as the API tells them: ``application/problem+json`` (RFC 9457)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Annotated, Any, Final

import django.db
import psycopg
import structlog
from django.core.exceptions import BadRequest, RequestDataTooBig
from django.http import Http404, HttpRequest, HttpResponse
from ninja import Header, NinjaAPI, Schema
from ninja.errors import AuthenticationError, HttpError, ValidationError

from lazaretto.core.errors import ConfigurationError, ScopeError, TemporaryFailure
from lazaretto.spool.releasing import AlreadyAsked
from lazaretto.store.removals import UnconfirmedRemoval
from lazaretto.store.scope import Forbidden
from lazaretto.tenants.remarks import DocumentError
from lazaretto.tenants.reviewing import NotDecidable
from lazaretto.tenants.store import OutdatedVersion, ReviewRequired
from lazaretto.web.api.needs import NotAuthenticated
from lazaretto.web.api.rates import TooManyRequests

log = structlog.get_logger(__name__)

MEDIA_TYPE: Final = "application/problem+json"
_TITLES: Final = {
    400: "The request cannot be read",
    401: "Nobody known asks",
    403: "Not permitted",
    404: "Not found",
    405: "Not with this method",
    409: "It does not fit what is there",
    412: "Somebody else was quicker",
    413: "Too large",
    415: "Not in this form",
    422: "Something in the request is wrong",
    428: "A condition is missing",
    429: "Too many requests",
    500: "A fault of ours",
    503: "Not now",
}


class Problem(Schema):
    """What went wrong, and what to do about it."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str
    errors: list[dict[str, Any]] | None = None
    """Each with ``where`` and ``problem``, for requests in which several things are wrong."""
    confirm: str | None = None
    """What the header ``Confirm-Removal`` has to say to have it done all the same."""


PROBLEMS: Final = dict.fromkeys((400, 401, 403, 404, 409, 412, 413, 415, 422, 428, 429, 503), Problem)

Confirmed = Annotated[
    str,
    Header(
        alias="Confirm-Removal",
        max_length=100,
        description="The word by which a `409` asked to confirm that something in use is taken away.",
    ),
]


class Refused(HttpError):
    """A problem with a status of its own."""


def problem(
    status: int, detail: str, errors: list[dict[str, Any]] | None = None, confirm: str = ""
) -> HttpResponse:
    """Return the answer that tells of a problem."""
    body: dict[str, Any] = {
        "type": "about:blank",
        "title": _TITLES.get(status, "Problem"),
        "status": status,
        "detail": detail,
    }
    if errors is not None:
        body["errors"] = errors
    if confirm:
        body["confirm"] = confirm
    response = HttpResponse(json.dumps(body, ensure_ascii=False), status=status, content_type=MEDIA_TYPE)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="lazaretto"'
    return response


def tell_problems(api: NinjaAPI) -> None:
    """Let ``api`` answer every error of ours with a problem."""
    statuses: dict[type[Exception], int] = {
        ScopeError: 404,
        Http404: 404,
        Forbidden: 403,
        NotAuthenticated: 401,
        AuthenticationError: 401,
        OutdatedVersion: 412,
        ReviewRequired: 409,
        NotDecidable: 409,
        AlreadyAsked: 409,
        ConfigurationError: 422,
        TemporaryFailure: 503,
        BadRequest: 400,
        RequestDataTooBig: 413,
    }
    for kind, status in statuses.items():
        api.add_exception_handler(kind, _handler(status))
    handlers: dict[type[Exception], Any] = {
        DocumentError: _document_error,
        UnconfirmedRemoval: _unconfirmed,
        TooManyRequests: _too_many,
        ValidationError: _invalid,
        HttpError: _http_error,
        django.db.DataError: _not_kept,
        psycopg.DataError: _not_kept,
        Exception: _fault,
    }
    for kind, handler in handlers.items():
        api.add_exception_handler(kind, handler)


def _handler(status: int) -> Any:
    def handle(_request: HttpRequest, failure: Exception) -> HttpResponse:
        return problem(status, str(failure) or _TITLES[status])

    return handle


def _document_error(_request: HttpRequest, failure: DocumentError) -> HttpResponse:
    errors = [{"line": each.line, "column": each.column, "problem": each.text} for each in failure.remarks]
    return problem(422, f"the document has {len(errors)} mistake(s)", errors)


def _unconfirmed(_request: HttpRequest, failure: UnconfirmedRemoval) -> HttpResponse:
    errors = [{"where": each.where, "problem": each.meaning} for each in failure.losses]
    detail = f"{failure}; if this is meant, send it again with the header Confirm-Removal: {failure.word}"
    return problem(409, detail, errors, failure.word)


def _too_many(_request: HttpRequest, failure: TooManyRequests) -> HttpResponse:
    response = problem(429, str(failure))
    response.headers["Retry-After"] = str(failure.after)
    return response


def _invalid(_request: HttpRequest, failure: ValidationError) -> HttpResponse:
    errors = [
        {"where": _field(each.get("loc", ())), "problem": str(each.get("msg", ""))} for each in failure.errors
    ]
    return problem(422, "; ".join(f"{each['where']}: {each['problem']}" for each in errors[:5]), errors)


def _field(location: Sequence[Any]) -> str:
    """Return the field as callers know it: without the names by which our own code takes it apart."""
    where, *path = map(str, location or ("",))
    # The whole body is one parameter of ours, called ``body`` as well.
    if where == "body" and path[:1] == ["body"]:
        path = path[1:]
    return ".".join(path) or where


def _http_error(_request: HttpRequest, failure: HttpError) -> HttpResponse:
    return problem(failure.status_code, str(failure))


def _not_kept(_request: HttpRequest, failure: Exception) -> HttpResponse:
    log.warning("a request holds what a database does not keep", problem=str(failure))
    return problem(422, "a text has a NUL in it, or a value is beyond what can be kept; leave it out")


def _fault(_request: HttpRequest, _failure: Exception) -> HttpResponse:
    # The outermost handler of a web process: strangers get a generic text, the log the truth.
    log.exception("an API request failed")
    return problem(500, "this is a fault of ours; it is in our log")

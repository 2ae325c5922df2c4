"""Errors as pages: what happened and what to do next, without a word about what strangers should not know."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Final

import structlog
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.translation import gettext_lazy as _

from lazaretto.core.errors import ConfigurationError, ScopeError, TemporaryFailure
from lazaretto.store.scope import Forbidden
from lazaretto.tenants.store import OutdatedVersion
from lazaretto.web.api.rates import TooManyRequests
from lazaretto.web.shell.showing import show

log = structlog.get_logger(__name__)

_TEXTS: Final = {
    400: (_("This request cannot be read"), _("Go back and try again.")),
    403: (
        _("This is not permitted to you"),
        _("Your account does not have the right that this page needs. Ask an administrator for it."),
    ),
    404: (
        _("There is no such page"),
        _("It may have been moved or removed, or your account does not reach it."),
    ),
    409: (
        _("Somebody else was quicker"),
        _("What you changed was changed by somebody else meanwhile. Go back, reload and try again."),
    ),
    422: (_("This does not fit"), _("Go back and correct it.")),
    429: (_("Too many requests"), _("Wait a moment, then try again.")),
    500: (_("A fault of ours"), _("It is in our log. Try again; if it stays, tell support the time.")),
    503: (_("Not now"), _("Something that this page needs does not answer. Try again in a minute.")),
}
_KINDS: Final[tuple[tuple[type[Exception], int], ...]] = (
    (ScopeError, 404),
    (Http404, 404),
    (Forbidden, 403),
    (OutdatedVersion, 409),
    (TooManyRequests, 429),
    (TemporaryFailure, 503),
    (ConfigurationError, 422),
)


class Errors:
    """Answers an error of a page's view with a page."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer ``request``."""
        return self._get_response(request)

    def process_exception(self, request: HttpRequest, failure: Exception) -> HttpResponse:
        """Return the page that tells of ``failure``."""
        status = next((status for kind, status in _KINDS if isinstance(failure, kind)), 500)
        if status == 500:
            # The outermost handler of pages: strangers get a generic text, the log the truth.
            log.exception("a page failed")
        response = error_page(request, status, str(failure) if status == 422 else "")
        if isinstance(failure, TooManyRequests):
            response.headers["Retry-After"] = str(failure.after)
        return response


def error_page(request: HttpRequest, status: int, detail: str = "") -> HttpResponse:
    """Return the page for ``status``."""
    title, text = _TEXTS[status]
    context = {"title": title, "text": text, "detail": detail, "status": status}
    return show(request, "shell/error.html", context, status=status)


def not_found(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """Answer an address that leads nowhere."""
    return error_page(request, 404)


def bad_request(request: HttpRequest, exception: Any = None) -> HttpResponse:
    """Answer what cannot be read."""
    return error_page(request, 400)


def fault(request: HttpRequest) -> HttpResponse:
    """Answer when something of ours broke outside a view."""
    return error_page(request, 500)


def forged(request: HttpRequest, reason: str = "") -> HttpResponse:
    """Answer a form that does not come from a page of ours, or from one that is too old."""
    title = _("This form is no longer valid")
    text = _("Your session may have ended, or the page was open for too long. Go back, reload and try again.")
    return show(request, "shell/error.html", {"title": title, "text": text, "status": 403}, status=403)

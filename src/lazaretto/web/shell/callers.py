"""Who sends a request for a page, in which language and which time zone they read."""

from __future__ import annotations

import zoneinfo
from collections.abc import Callable
from contextlib import suppress
from typing import Final

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.utils import timezone, translation

from lazaretto.store.people.scopes import Caller
from lazaretto.store.people.sessions import account_of

_NOT_PAGES: Final = ("/api/", "/static/", "/r/")


class Callers:
    """Sets ``request.caller`` (None = nobody known), language and time zone, for pages."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer ``request``."""
        if request.path.startswith(_NOT_PAGES):
            return self._get_response(request)
        caller = _caller(request)
        request.caller = caller  # type: ignore[attr-defined]
        zone = timezone.get_default_timezone()
        with suppress(zoneinfo.ZoneInfoNotFoundError, ValueError):
            zone = zoneinfo.ZoneInfo(caller.account.time_zone) if caller else zone
        with translation.override(language_of(request, caller)), timezone.override(zone):
            response = self._get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "en")
            return response


def language_of(request: HttpRequest, caller: Caller | None) -> str:
    """Return the account's language, or the one chosen before sign-in, or the browser's."""
    known = dict(settings.LANGUAGES)
    chosen = caller.account.language if caller else request.COOKIES.get(settings.LANGUAGE_COOKIE_NAME, "")
    return chosen if chosen in known else translation.get_language_from_request(request)


def client_of(request: HttpRequest) -> str:
    """Return the address that the request came from."""
    return str(request.META.get("REMOTE_ADDR", ""))


def agent_of(request: HttpRequest) -> str:
    """Return what the browser says it is."""
    return request.headers.get("User-Agent", "")


def _caller(request: HttpRequest) -> Caller | None:
    if settings.SESSION_COOKIE_NAME not in request.COOKIES:
        return None
    account = account_of(request.session, agent_of(request))
    return None if account is None else Caller(account=account, client=client_of(request))

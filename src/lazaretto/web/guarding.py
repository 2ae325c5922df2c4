"""What every answer has, and every request has to meet, before a view is asked."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from django.core.exceptions import DisallowedHost
from django.http import HttpRequest, HttpResponse

from lazaretto.store.given import given

CONTENT_SECURITY_POLICY: Final = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; frame-src 'self';"
    " font-src 'self'; connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)


class Guarding:
    """Refuses requests for another host, and bodies that are too large, and hardens every answer."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer ``request``."""
        response = self._refused(request) or self._get_response(request)
        response.headers.setdefault("Content-Security-Policy", CONTENT_SECURITY_POLICY)
        response.headers.setdefault("Cache-Control", "no-store")
        response.headers["Permissions-Policy"] = "camera=(), geolocation=(), microphone=(), payment=()"
        response.headers["Cross-Origin-Opener-Policy"] = "same-origin"
        response.headers.setdefault("X-Frame-Options", "DENY")
        return response

    def _refused(self, request: HttpRequest) -> HttpResponse | None:
        try:
            request.get_host()
        except DisallowedHost:
            # RFC 9110 §15.5.20: links in mails and pages are made of the configured name alone.
            return HttpResponse("this host is not served here\n", status=421, content_type="text/plain")
        length = request.headers.get("Content-Length", "")
        if length.isdigit() and int(length) > given().max_body:
            return HttpResponse("this request is too large\n", status=413, content_type="text/plain")
        return None

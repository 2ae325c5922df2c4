"""The page and its one button.  Showing it changes nothing: links in bounces are fetched by machines."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import get_language_from_request
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from lazaretto.store import refused
from lazaretto.web.api.rates import TooManyRequests, spend
from lazaretto.web.refused.texts import said


# A sender has no session that somebody else's page could use; the reference is the only secret.
@csrf_exempt
@require_http_methods(["GET", "HEAD", "POST"])
def page(request: HttpRequest, reference: str) -> HttpResponse:
    """Tell why a message was refused; POST asks for the next one to be accepted."""
    language = get_language_from_request(request)
    texts = said(language)
    try:
        spend(f"reference {request.META.get('REMOTE_ADDR', '')}")
    except TooManyRequests as failure:
        return HttpResponse(status=429, headers={"Retry-After": str(failure.after)})
    told = refused.told(reference)
    if told is None:
        return render(request, "refused/unknown.html", {"texts": texts, "language": language}, status=404)
    asked = request.method == "POST" and refused.ask(reference)
    shown = {"texts": texts, "language": language, "told": told, "why": texts[told.verdict], "asked": asked}
    return render(request, "refused/page.html", shown)

"""Language, appearance and time zone: before sign-in in cookies, afterwards with the account."""

from __future__ import annotations

import zoneinfo
from functools import cache
from typing import Any

from django import forms
from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_http_methods, require_POST

from lazaretto.store.people.scopes import Caller
from lazaretto.web.shell.context import THEME_COOKIE, THEMES
from lazaretto.web.shell.dispatching import to_sign_in
from lazaretto.web.shell.flash import flash
from lazaretto.web.shell.forms import Form, LongSelect
from lazaretto.web.shell.showing import local, show

_YEAR = 365 * 86_400
_PLACES = (
    "Africa/",
    "America/",
    "Antarctica/",
    "Asia/",
    "Atlantic/",
    "Australia/",
    "Europe/",
    "Indian/",
    "Pacific/",
    "UTC",
)
"""What time zones are called after; the others are old names of the same."""


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """Let everything be said in another language from here on."""
    response = HttpResponseRedirect(local(request.POST.get("next"), "/"))
    chosen = request.POST.get("language", "")
    if chosen in dict(settings.LANGUAGES):
        caller: Caller | None = getattr(request, "caller", None)
        if caller is not None:
            type(caller.account).objects.filter(id=caller.account.id).update(language=chosen)
        _keep(response, settings.LANGUAGE_COOKIE_NAME, chosen)
    return response


@require_POST
def appearance(request: HttpRequest) -> HttpResponse:
    """Let everything be light or dark from here on, or as the device is."""
    response = HttpResponseRedirect(local(request.POST.get("next"), "/"))
    chosen = request.POST.get("theme", "")
    if chosen in THEMES:
        _keep(response, THEME_COOKIE, chosen)
    else:
        response.delete_cookie(THEME_COOKIE)
    return response


class AboutMe(Form):
    """What people may change about themselves."""

    name = forms.CharField(label=_("Name"), max_length=200, required=False)
    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)
    time_zone = forms.ChoiceField(label=_("Time zone"), widget=LongSelect)

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        self.fields["time_zone"].choices = _zones()  # type: ignore[attr-defined]


@cache
def _zones() -> tuple[tuple[str, str], ...]:
    """Return the time zones and their names; to find them is to open hundreds of files."""
    zones = sorted(zone for zone in zoneinfo.available_timezones() if zone.startswith(_PLACES))
    return tuple((zone, zone.replace("_", " ")) for zone in zones)


@require_http_methods(["GET", "HEAD", "POST"])
def account(request: HttpRequest) -> HttpResponse:
    """Show and change what people keep about themselves."""
    caller: Caller | None = getattr(request, "caller", None)
    if caller is None:
        return to_sign_in(request)
    about = caller.account
    known = {"name": about.name, "language": about.language, "time_zone": about.time_zone}
    form = AboutMe(request.POST or None, initial=known)
    if request.method == "POST" and form.is_valid():
        type(about).objects.filter(id=about.id).update(**form.cleaned_data)
        flash(request, _("Saved."))
        return HttpResponseRedirect(reverse("account"))
    return show(request, "signin/account.html", {"form": form})


def _keep(response: HttpResponse, name: str, value: str) -> None:
    response.set_cookie(
        name, value, max_age=_YEAR, secure=settings.SESSION_COOKIE_SECURE, httponly=True, samesite="Lax"
    )

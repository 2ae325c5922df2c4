"""Styles and other files that pages need, served from the package itself."""

from __future__ import annotations

from importlib.resources import files
from typing import Final

from django.http import Http404, HttpRequest, HttpResponse

_ASSETS: Final = {"refused.css": ("lazaretto.web.refused", "text/css; charset=utf-8")}
"""Every asset by its name: the package that it lies in, and its type."""


def asset(_request: HttpRequest, name: str) -> HttpResponse:
    """Return the asset called ``name``."""
    if name not in _ASSETS:
        raise Http404
    package, media_type = _ASSETS[name]
    octets = files(package).joinpath(name).read_bytes()
    return HttpResponse(octets, content_type=media_type, headers={"Cache-Control": "public, max-age=3600"})

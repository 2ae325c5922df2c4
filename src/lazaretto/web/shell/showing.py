"""Turning templates into answers."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render

from lazaretto.web.shell.registry import address_of


def show(
    request: HttpRequest, template: str, context: dict[str, Any] | None = None, *, status: int = 200
) -> HttpResponse:
    """Return ``template`` with ``context``, in the shell that the template extends."""
    return render(request, template, context, status=status)


def to_page(request: HttpRequest, name: str, /, **arguments: object) -> HttpResponse:
    """Lead to the page called ``name``, after a form was sent; whole, even when htmx sent it."""
    address = address_of(name, getattr(request, "tenant_name", ""), **arguments)
    return to_address(request, address)


def to_address(request: HttpRequest, address: str) -> HttpResponse:
    """Lead to ``address``, one of ours."""
    if request.headers.get("HX-Request") == "true":
        return HttpResponse(status=204, headers={"HX-Redirect": address})
    return HttpResponseRedirect(address)


def local(address: str | None, otherwise: str) -> str:
    """Return ``address`` if it is a path of ours, else ``otherwise``: nobody is led elsewhere."""
    if not address or not address.startswith("/") or address.startswith(("//", "/\\")):
        return otherwise
    parts = urlsplit(address)
    has_tricks = any(ord(letter) < 33 or letter == "\\" for letter in address)
    return otherwise if parts.scheme or parts.netloc or has_tricks else address

"""Asking before harm: a page of its own, or a dialog where scripts run; both send the same form."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import HttpRequest, HttpResponse

from lazaretto.web.shell.showing import show


@dataclass(frozen=True, slots=True, kw_only=True)
class Confirmation:
    """What is about to happen."""

    title: object
    text: object
    """What it means, and whether it can be undone."""
    action: object
    """The button's words: the verb, never "OK"."""
    back: str
    """Path of the page to which "cancel" leads."""
    is_harmful: bool = True
    hidden: Mapping[str, Any] = field(default_factory=dict)
    """Fields that the form sends along; a list is sent as several."""


def confirm(request: HttpRequest, confirmation: Confirmation) -> HttpResponse:
    """Return the question; its form posts to the same address, hidden fields along."""
    pairs = [
        (name, each)
        for name, value in confirmation.hidden.items()
        for each in (value if isinstance(value, list | tuple) else [value])
    ]
    is_part = request.headers.get("HX-Request") == "true"
    template = "shell/confirm_dialog.html" if is_part else "shell/confirm_page.html"
    context = {"confirmation": confirmation, "hidden": pairs, "action_path": request.get_full_path()}
    return show(request, template, context)

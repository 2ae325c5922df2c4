"""Long work while it lasts: how far it is, asked again every second, and without scripts every few."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.http import HttpRequest, HttpResponse

from lazaretto.web.shell.showing import show


@dataclass(frozen=True, slots=True, kw_only=True)
class Progress:
    """How far something is."""

    title: Any
    done: int
    total: int
    text: Any = ""
    is_over: bool = False

    @property
    def percent(self) -> int:
        """Return how much is done."""
        return 100 if self.is_over else min(100, self.done * 100 // max(1, self.total))


def progress(request: HttpRequest, state: Progress, *, then: str) -> HttpResponse:
    """Return what shows ``state`` and asks the same address again; when over, lead to ``then``."""
    is_part = request.headers.get("HX-Request") == "true"
    if state.is_over and is_part:
        return HttpResponse(status=204, headers={"HX-Redirect": then})
    template = "shell/progress_part.html" if is_part else "shell/progress_page.html"
    return show(request, template, {"progress": state, "address": request.get_full_path(), "then": then})

"""What a request knows once the shell has looked at it."""

from __future__ import annotations

from django.http import HttpRequest

from lazaretto.store.people.scopes import Caller
from lazaretto.web.shell.cards import Page


class PageRequest(HttpRequest):
    """A request for a page; a view that is called at all is called with one of these."""

    caller: Caller
    """The account that is signed in."""
    page: Page
    tenant_name: str
    """The tenant in the path, or the end user's; empty on the platform."""
    acts_for: bool
    """An operator acts for this tenant."""
    is_partial: bool
    """htmx asks for a part, or a fragment for a dialog."""

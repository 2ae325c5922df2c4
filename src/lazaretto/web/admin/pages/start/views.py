"""Lead to the first page of the navigation; roles differ in which that is."""

from __future__ import annotations

from django.http import HttpResponse, HttpResponseRedirect
from django.utils.translation import gettext_lazy as _

from lazaretto.core.errors import ScopeError
from lazaretto.store.scope import Scope
from lazaretto.web.shell.cards import Anyone, Place, page
from lazaretto.web.shell.context import navigation
from lazaretto.web.shell.requests import PageRequest


@page(name="start", path="", title=_("Start"), place=Place.TENANT, need=Anyone.SIGNED_IN)
def start(request: PageRequest, scope: Scope) -> HttpResponse:
    """Lead on."""
    for group in navigation(request):
        for entry in group.entries:
            return HttpResponseRedirect(entry.address)
    raise ScopeError("there is no page here for this role")

"""A form of mail servers, for the routes of a domain and for named ones."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.forms import BaseFormSet, formset_factory
from django.utils.translation import gettext_lazy

from lazaretto.core.snapshot import HostLookup, TlsDemand
from lazaretto.tenants.sections import Route
from lazaretto.web.admin.words_of import label
from lazaretto.web.shell.forms import Form

MOST_SERVERS = 50
_SHOWN = ("port", "preference", "lookup", "tls")


class ServerForm(Form):
    """One server; without a host it is none."""

    host = forms.CharField(label=gettext_lazy("Server"), max_length=253, required=False)
    port = forms.IntegerField(label=gettext_lazy("Port"), min_value=1, max_value=65_535, initial=25)
    preference = forms.IntegerField(
        label=gettext_lazy("Preference"), min_value=0, max_value=65_535, initial=10
    )
    lookup = forms.ChoiceField(label=gettext_lazy("Found by"))
    tls = forms.ChoiceField(label=gettext_lazy("Encryption"))

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        for name, kinds in (("lookup", HostLookup), ("tls", TlsDemand)):
            field = self.fields[name]
            assert isinstance(field, forms.ChoiceField)
            field.choices = [(each.value, label(f"route.{each.value}")) for each in kinds]


Servers = formset_factory(ServerForm, extra=1, max_num=MOST_SERVERS, absolute_max=MOST_SERVERS + 1)


def as_initial(route: Route) -> dict[str, Any]:
    """Return what the form shows of ``route``."""
    return {
        "host": route.host,
        "port": route.port,
        "preference": route.preference,
        "lookup": route.lookup.value,
        "tls": route.tls.value,
    }


def servers_of(formset: BaseFormSet[ServerForm], before: Sequence[Route]) -> list[dict[str, Any]]:
    """Return the servers that ``formset`` names, as the document says them.

    What the form does not show of a server stays as it was ``before``.
    """
    known = {(route.host, route.port): route for route in before}
    servers = []
    for given in (form.cleaned_data for form in formset):
        host = (given.get("host") or "").strip()
        if host:
            old = known.get((host, given["port"]))
            kept = old.model_dump(mode="json", exclude_defaults=True) if old is not None else {}
            servers.append({**kept, **{key: given[key] for key in _SHOWN}, "host": host})
    return servers

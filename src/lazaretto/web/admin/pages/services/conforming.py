"""Where the tenant leaves the best-practice profile, and choosing a profile."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.core.errors import ConfigurationError
from lazaretto.store import conforming, drafts
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.choices import Profile
from lazaretto.tenants.form_fields import form_fields
from lazaretto.tenants.placing import UNSAID
from lazaretto.web.admin.entries import draft_bar
from lazaretto.web.admin.pages.services.fields import in_words
from lazaretto.web.admin.words_of import choice, words
from lazaretto.web.shell.cards import Place, needs, page
from lazaretto.web.shell.flash import flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page


class ProfileForm(Form):
    """The profile."""

    profile = forms.ChoiceField(label=gettext_lazy("Profile"))

    def __init__(self, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        field = self.fields["profile"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(each.value, choice(each.value)) for each in Profile]
        field.help_text = words("profile").help


@page(
    name="conformance",
    path="conformance",
    title=gettext_lazy("Profile and conformance"),
    place=Place.TENANT,
    need=needs(Area.ANTISPAM, Right.VIEW_CONFIGURATION),
    post=needs(Area.ANTISPAM, Right.EDIT),
    under="services",
)
def conformance(request: PageRequest, scope: Scope) -> HttpResponse:
    """Show what differs from best practice, whose duty it is and what that means; take another profile."""
    edited = drafts.edited(scope)
    form = ProfileForm(request.POST or None, initial={"profile": edited.document.profile.value})
    if request.method == "POST" and form.is_valid():
        chosen = form.cleaned_data["profile"]
        try:
            now = drafts.place(scope, {("profile",): UNSAID if chosen == Profile.ANNEX_1.value else chosen})
        except ConfigurationError as failure:
            form.add_error(None, str(failure))
        else:
            if now.is_draft:
                return to_page(request, "changes")
            flash(request, _("Nothing differs from what is in force."))
            return to_page(request, "conformance")
    rows = [_row(each) for each in conforming.deviations(scope)]
    context = {
        **draft_bar(scope),
        "form": form,
        "rows": rows,
        "suspends": any(row["suspends"] for row in rows),
        "may_edit": scope.allows(Area.ANTISPAM, Right.EDIT),
    }
    return show(request, "services/conformance.html", context, status=422 if form.errors else 200)


def _row(deviation: Any) -> dict[str, Any]:
    field = form_fields()[deviation.path]
    return {
        "label": words(deviation.path).label,
        "value": in_words(field, deviation.value),
        "wanted": words(f"wanted.{deviation.wanted.replace(' ', '-')}", deviation.wanted).label,
        "duty": words(f"party.{deviation.duty.value}").label,
        "since": deviation.since,
        "suspends": deviation.suspends_levels,
    }

"""Whom an end user allows and blocks."""

from __future__ import annotations

from collections.abc import Sequence

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lazaretto.core.errors import ConfigurationError
from lazaretto.store import own_settings
from lazaretto.store.own_settings import ListName
from lazaretto.store.people.endusers import EndUser
from lazaretto.web.shell.cards import Anyone, Place, Section, page
from lazaretto.web.shell.flash import flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page

_TITLES = {ListName.APPROVED: _("Allowed"), ListName.BLOCKED: _("Blocked")}


class SenderForm(Form):
    """A sender for one of the lists."""

    entry = forms.CharField(
        label=_("Mail address or domain"),
        max_length=254,
        help_text=_("For example news@shop.example, or shop.example for everybody there."),
    )
    list = forms.ChoiceField(label=_("What shall happen to their mail?"))

    def __init__(self, *arguments: object, lists: Sequence[ListName], **keywords: object) -> None:
        super().__init__(*arguments, **keywords)
        words = {
            ListName.APPROVED: _("Allow: it is never held as advertising"),
            ListName.BLOCKED: _("Block: I do not want it"),
        }
        self.fields["list"].choices = [(each.value, words[each]) for each in lists]  # type: ignore[attr-defined]


@page(
    name="own-senders",
    path="senders",
    title=_("My senders"),
    place=Place.OWN_MAIL,
    need=Anyone.SIGNED_IN,
    post=Anyone.SIGNED_IN,
    section=Section.MAIL,
    icon="list-check",
    order=20,
)
def senders(request: PageRequest, user: EndUser) -> HttpResponse:
    """Show both lists; add a sender to one, or take one off."""
    lists = [each for each in ListName if own_settings.may_list(user, each)]
    form = SenderForm(request.POST if "entry" in request.POST else None, lists=lists)
    if request.method == "POST" and "remove" in request.POST:
        name, _space, entry = request.POST["remove"].partition(" ")
        if name in {each.value for each in ListName}:
            own_settings.remove_sender(user, ListName(name), entry)
            flash(request, gettext("%(sender)s is on no list any more.") % {"sender": entry})
        return to_page(request, "own-senders")
    if request.method == "POST" and form.is_valid():
        entry = form.cleaned_data["entry"].strip()
        try:
            own_settings.add_sender(user, ListName(form.cleaned_data["list"]), entry)
        except ConfigurationError as failure:
            form.add_error("entry", str(failure))
        else:
            flash(request, gettext("Saved. It holds for what comes from now on."))
            return to_page(request, "own-senders")
    known = own_settings.senders(user)
    context = {
        "form": form if lists else None,
        "groups": [
            (_TITLES[name], name.value, [each.entry for each in known if each.list is name])
            for name in ListName
        ],
        "is_empty": not known,
    }
    return show(request, "own/senders.html", context)

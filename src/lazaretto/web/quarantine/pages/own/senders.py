"""Whom an end user allows and blocks."""

from __future__ import annotations

from collections.abc import Sequence
from urllib.parse import urlencode

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.store import own_settings
from lazaretto.store.own_settings import ListName
from lazaretto.store.people.endusers import EndUser
from lazaretto.web.shell.cards import Anyone, Place, Section, page
from lazaretto.web.shell.flash import flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.registry import address_of
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
    # What a removal offers as its undoing comes with the address, as nothing else can be sent along.
    again = request.GET if "entry" in request.GET else None
    sent = request.POST if request.method == "POST" else None
    if sent is not None and "remove" in sent:
        _remove(request, user, sent["remove"])
        return to_page(request, "own-senders")
    form = SenderForm(None if sent is None else again or sent, lists=lists)
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


def _remove(request: PageRequest, user: EndUser, which: str) -> None:
    """Take the entry after a list's name off that list, and offer to put it back."""
    name, _space, entry = which.partition(" ")
    if name not in {each.value for each in ListName}:
        raise ScopeError("there is no such list")
    own_settings.remove_sender(user, ListName(name), entry)
    may_return = own_settings.may_list(user, ListName(name))
    undo = f"{address_of('own-senders')}?{urlencode({'list': name, 'entry': entry})}" if may_return else ""
    words = gettext("%(sender)s is on no list any more.") % {"sender": entry}
    flash(request, words, undo=undo, undo_label=gettext("Undo"))

"""When an end user wants digests, in which language, of what; further addresses, and who else reads along."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.conf import settings as configured
from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lazaretto.core.end_users import Weekday
from lazaretto.core.errors import ConfigurationError
from lazaretto.store import own_settings
from lazaretto.store.people.endusers import EndUser
from lazaretto.tenants.mailboxes import DigestChoice, MailboxChoices, Reading
from lazaretto.web.quarantine.pages.mail.words import REASONS
from lazaretto.web.shell.cards import Anyone, Place, Section, page
from lazaretto.web.shell.confirming import Confirmation, confirm
from lazaretto.web.shell.flash import flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page

_DAYS: Final[dict[Weekday, Any]] = {
    Weekday.MONDAY: _("Monday"),
    Weekday.TUESDAY: _("Tuesday"),
    Weekday.WEDNESDAY: _("Wednesday"),
    Weekday.THURSDAY: _("Thursday"),
    Weekday.FRIDAY: _("Friday"),
    Weekday.SATURDAY: _("Saturday"),
    Weekday.SUNDAY: _("Sunday"),
}
_HOURS: Final = [(str(hour), f"{hour:02d}:00") for hour in range(24)]
_CLASSES: Final = ("spam", "bulk", "phishing", "impersonation", "policy", "unscannable")


class DigestForm(Form):
    """When digests come, and of what."""

    digest = forms.ChoiceField(
        label=_("Mail with a list of what is held for me"),
        choices=[
            (DigestChoice.USUAL.value, _("As my organisation sends it")),
            (DigestChoice.OWN.value, _("On days and at hours of my own")),
            (DigestChoice.NONE.value, _("Never")),
        ],
        widget=forms.RadioSelect,
    )
    days = forms.MultipleChoiceField(
        label=_("Days"),
        required=False,
        choices=[(day.value, title) for day, title in _DAYS.items()],
        widget=forms.CheckboxSelectMultiple,
    )
    hours = forms.MultipleChoiceField(
        label=_("Hours"),
        required=False,
        choices=_HOURS,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("It comes only when something new is held."),
    )
    classes = forms.MultipleChoiceField(
        label=_("List these"),
        required=False,
        choices=[(each, REASONS[each]) for each in _CLASSES],
        widget=forms.CheckboxSelectMultiple,
    )
    language = forms.ChoiceField(
        label=_("Language"),
        required=False,
        choices=[("", _("As my organisation writes")), *configured.LANGUAGES],
    )

    def clean(self) -> dict[str, Any]:
        """Demand a day and an hour where own ones are wanted."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        if cleaned.get("digest") == DigestChoice.OWN.value:
            for name, words in (
                ("days", _("Choose at least one day.")),
                ("hours", _("Choose at least one hour.")),
            ):
                if not cleaned.get(name):
                    self.add_error(name, words)
        return cleaned


class AddressForm(Form):
    """An address of a colleague, or a further one of the user's own."""

    address = forms.EmailField(label=_("Mail address"), max_length=254)


@page(
    name="own-settings",
    path="settings",
    title=_("Settings"),
    place=Place.OWN_MAIL,
    need=Anyone.SIGNED_IN,
    post=Anyone.SIGNED_IN,
    section=Section.MAIL,
    icon="settings",
    order=30,
)
def settings(request: PageRequest, user: EndUser) -> HttpResponse:
    """Show and change when digests come."""
    form = DigestForm(request.POST or None, initial=_initial(own_settings.choices(user)))
    if request.method == "POST" and form.is_valid():
        own_settings.choose(user, _chosen(form.cleaned_data))
        flash(request, gettext("Your settings are saved."))
        return to_page(request, "own-settings")
    return show(request, "own/settings.html", {"form": form})


@page(
    name="own-readers",
    path="readers",
    title=_("Addresses and colleagues"),
    place=Place.OWN_MAIL,
    need=Anyone.SIGNED_IN,
    post=Anyone.SIGNED_IN,
    section=Section.MAIL,
    icon="at",
    order=40,
)
def readers(request: PageRequest, user: EndUser) -> HttpResponse:
    """Show further addresses and colleagues; add one, or end it."""
    which = request.POST.get("which", "")
    forms_by_name = {
        name: AddressForm(request.POST if which == name else None, prefix=name)
        for name in ("address", "reader")
    }
    if request.method == "POST" and which == "end":
        return _end(request, user, request.POST.get("end", ""))
    form = forms_by_name.get(which)
    if form is not None and form.is_valid():
        try:
            _add(request, user, which, form.cleaned_data["address"])
        except ConfigurationError as failure:
            form.add_error("address", str(failure))
        else:
            return to_page(request, "own-readers")
    besides = own_settings.read_besides(user)
    context = {
        "address_form": forms_by_name["address"],
        "reader_form": forms_by_name["reader"],
        "addresses": [each for each in besides if each.kind is Reading.ADDRESS],
        "shared": [each for each in besides if each.kind is not Reading.ADDRESS],
        "readers": [each for each in own_settings.readers(user) if each.kind is Reading.DELEGATE],
        "group_readers": [each for each in own_settings.readers(user) if each.kind is Reading.GROUP],
    }
    return show(request, "own/readers.html", context)


def _end(request: PageRequest, user: EndUser, which: str) -> HttpResponse:
    """Ask, and end that the mailbox in ``which`` is read by the reader after it."""
    mailbox, _space, reader = which.partition(" ")
    if "sure" not in request.POST:
        question = Confirmation(
            title=gettext("End it?"),
            text=gettext("%(reader)s reads what is held for %(mailbox)s no longer. You can begin it again.")
            % {"reader": reader, "mailbox": mailbox},
            action=gettext("End it"),
            back=address_of("own-readers"),
            hidden={"which": "end", "end": which, "sure": "1"},
        )
        return confirm(request, question)
    own_settings.end_reading(user, mailbox, reader)
    flash(request, gettext("It has ended."))
    return to_page(request, "own-readers")


def _add(request: PageRequest, user: EndUser, which: str, address: str) -> None:
    if which == "address":
        own_settings.claim_address(user, address)
        flash(
            request,
            gettext("A mail was sent to %(address)s. Follow its link to confirm.") % {"address": address},
        )
    else:
        own_settings.let_read(user, address)
        flash(
            request,
            gettext("%(address)s reads your held messages as well from now on.") % {"address": address},
        )


def _initial(chosen: MailboxChoices) -> dict[str, Any]:
    return {
        "digest": chosen.digest.value,
        "days": [day.value for day in chosen.hours],
        "hours": sorted({str(hour) for hours in chosen.hours.values() for hour in hours}, key=int),
        "classes": [each for each in _CLASSES if each not in chosen.silent],
        "language": chosen.language,
    }


def _chosen(given: dict[str, Any]) -> MailboxChoices:
    hours = tuple(sorted(int(hour) for hour in given["hours"]))
    return MailboxChoices(
        language=given["language"],
        digest=DigestChoice(given["digest"]),
        hours={Weekday(day): hours for day in given["days"]},
        silent=frozenset(_CLASSES) - set(given["classes"]),
    )

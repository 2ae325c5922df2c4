"""Newsletters that are wanted: the method for bulk mail leaves them alone."""

from __future__ import annotations

from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.store import drafts
from lazaretto.store.reaching import is_within
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.placing import UNSAID
from lazaretto.tenants.services.newsletters import Newsletters, WantedNewsletter
from lazaretto.web.admin.entries import Listing, draft_bar, placed, take_out
from lazaretto.web.shell.cards import Place, needs, page
from lazaretto.web.shell.confirming import Confirmation
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Column

_SEE = needs(Area.LISTS, Right.VIEW_CONFIGURATION)
_EDIT = needs(Area.LISTS, Right.EDIT)
_PATH = ("newsletters", "wanted")
_LISTING = Listing(
    name="newsletters",
    caption=gettext_lazy("Wanted newsletters"),
    columns=(
        Column(name="list", title=gettext_lazy("List"), template="lists/cell_newsletter.html"),
        Column(name="signed_by", title=gettext_lazy("Signed by")),
        Column(name="wanted_by", title=gettext_lazy("Wanted by"), hides=True),
        Column(name="reason", title=gettext_lazy("Reason"), hides=True),
        Column(name="expires", title=gettext_lazy("Until")),
    ),
    template="lists/newsletters.html",
    edit=_EDIT,
    add="newsletter-new",
    add_words=gettext_lazy("Add a newsletter"),
    none=gettext_lazy("No newsletter is named yet"),
    none_text=gettext_lazy(
        "What your people read on purpose need not be held as bulk mail; who signs a newsletter proves it."
    ),
    icon="mail-check",
)


class NewsletterForm(Form):
    """A newsletter that somebody wants."""

    was = forms.CharField(required=False, widget=forms.HiddenInput)
    list = forms.CharField(
        label=gettext_lazy("List"),
        max_length=253,
        help_text=gettext_lazy("What stands between < and > in its List-Id field."),
    )
    signed_by = forms.CharField(
        label=gettext_lazy("Signed by"),
        max_length=253,
        help_text=gettext_lazy(
            "The domain whose valid DKIM signature it must have; a List-Id alone anybody can write."
        ),
    )
    recipients = forms.CharField(
        label=gettext_lazy("Wanted by"),
        required=False,
        max_length=200_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=gettext_lazy("Mail addresses, one per line; left empty, everybody."),
    )
    reason = forms.CharField(label=gettext_lazy("Reason"), max_length=200, required=False)
    expires = forms.DateField(
        label=gettext_lazy("Until"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("The last day on which it counts; left empty, until it is removed."),
    )

    @property
    def values(self) -> dict[str, Any]:
        """The newsletter as the document says it; what is as usual is left out."""
        given = self.cleaned_data
        said = {
            "list": given["list"].strip().strip("<>"),
            "signed_by": given["signed_by"].strip(),
            "recipients": given["recipients"].split(),
            "reason": given["reason"].strip(),
            "expires": given["expires"].isoformat() if given["expires"] else "",
        }
        return {key: value for key, value in said.items() if value}


def _known(scope: Scope) -> tuple[WantedNewsletter, ...]:
    return Newsletters.of(drafts.edited(scope).document).wanted


def _plain(scope: Scope) -> list[dict[str, Any]]:
    return [each.model_dump(mode="json", exclude_defaults=True) for each in _known(scope)]


def _mark(each: WantedNewsletter) -> str:
    return f"{each.list} {each.signed_by}"


@page(
    name="newsletters",
    path="newsletters",
    title=gettext_lazy("Wanted newsletters"),
    place=Place.TENANT,
    need=_SEE,
    under="senders",
)
def newsletters(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """List the newsletters."""
    document = drafts.edited(scope).document
    rows = [
        {
            "number": number,
            "list": each.list,
            "signed_by": each.signed_by,
            "wanted_by": ", ".join(each.recipients[:5]) or _("everybody"),
            "reason": each.reason,
            "expires": each.expires,
        }
        for number, each in enumerate(_known(scope), 1)
        if is_within(scope, document, each)
    ]
    return _LISTING.answer(request, scope, rows)


@page(
    name="newsletter-new",
    path="newsletters/new",
    title=gettext_lazy("Add a newsletter"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="senders",
)
def new(request: PageRequest, scope: Scope) -> HttpResponse:
    """Add a newsletter to the draft."""
    return _edit(request, scope, None, 0)


@page(
    name="newsletter",
    path="newsletters/<int:number>",
    title=gettext_lazy("Wanted newsletter"),
    place=Place.TENANT,
    need=_SEE,
    post=_EDIT,
    under="senders",
)
def newsletter(request: PageRequest, scope: Scope, number: int) -> HttpResponse:
    """Change a newsletter in the draft."""
    its = _meant(request, scope, number)
    return to_page(request, "newsletters") if its is None else _edit(request, scope, its, number)


def _meant(request: PageRequest, scope: Scope, number: int) -> WantedNewsletter | None:
    """Return the newsletter that stands at ``number``; None where it is another than the form was for."""
    known = _known(scope)
    its = known[number - 1] if 0 < number <= len(known) else None
    if its is not None and not is_within(scope, drafts.edited(scope).document, its):
        return None
    if its is not None and request.method == "POST" and request.POST.get("was", "") != _mark(its):
        flash(request, _("The list was changed meanwhile; choose the entry again."), level=Level.WARNING)
        return None
    return its


def _edit(request: PageRequest, scope: Scope, its: WantedNewsletter | None, number: int) -> HttpResponse:
    form = NewsletterForm(request.POST or None, initial=_as_initial(its) if its is not None else None)
    if request.method == "POST" and form.is_valid():
        wanted = _plain(scope)
        if its is not None:
            del wanted[number - 1]
        # Where two say the same of the same list, the one that was written now holds.
        wanted.insert(0, form.values)
        if placed(scope, form, {_PATH: wanted}, depth=3):
            return to_page(request, "changes")
    context = {
        **draft_bar(scope),
        "form": form,
        "number": number,
        "known": its.list if its is not None else "",
        "may_edit": _LISTING.may_edit(scope),
    }
    return show(request, "lists/newsletter.html", context, status=422 if form.errors else 200)


def _as_initial(its: WantedNewsletter) -> dict[str, Any]:
    return {
        "was": _mark(its),
        "list": its.list,
        "signed_by": its.signed_by,
        "recipients": "\n".join(its.recipients),
        "reason": its.reason,
        "expires": its.expires,
    }


@page(
    name="newsletter-remove",
    path="newsletters/<int:number>/remove",
    title=gettext_lazy("Remove a newsletter"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="senders",
)
def remove(request: PageRequest, scope: Scope, number: int) -> HttpResponse:
    """Take a newsletter out of the draft."""
    its = _meant(request, scope, number)
    if its is None:
        return to_page(request, "newsletters")
    question = Confirmation(
        title=_("Remove %(list)s?") % {"list": its.list},
        text=_("It counts as bulk mail like any other once the change is published. This can be undone."),
        action=_("Remove"),
        back=address_of("newsletters", scope.tenant_name),
        hidden={"was": _mark(its)},
    )
    kept = _plain(scope)
    del kept[number - 1]
    return take_out(request, scope, question, {_PATH: kept or UNSAID})

"""Leaving the quarantine: released or deleted, one or many, after asking; each copy's outcome is told."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext, ngettext
from django.utils.translation import gettext_lazy as _

from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.spool.leaving import TO_RECIPIENTS
from lazaretto.spool.quarantine import GUARDED, NEEDS_APPROVAL, QuarantinedCopy
from lazaretto.spool.releasing import AlreadyAsked
from lazaretto.store import quarantined, releasing
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.web.admin.pages.traffic.words import OUTCOMES, TARGETS, choices, word
from lazaretto.web.shell.cards import Place, needs, page
from lazaretto.web.shell.confirming import Confirmation, confirm
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page

MOST: Final = 100
"""Copies of one order; a page of the list has fewer."""
OTHER: Final = "other"


class ReleaseForm(Form):
    """To whom copies go, and why where somebody else must agree."""

    to = forms.ChoiceField(
        label=_("Send to"),
        widget=forms.RadioSelect,
        initial=TO_RECIPIENTS,
        choices=(*choices(TARGETS), (OTHER, _("Another address of yours"))),
    )
    address = forms.EmailField(label=_("That address"), required=False, max_length=320)
    reason = forms.CharField(
        label=_("Why"),
        required=False,
        max_length=1_000,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Malware needs a second person’s approval; they read this."),
    )

    def clean(self) -> dict[str, Any]:
        """Demand the address where it is asked for."""
        cleaned: dict[str, Any] = super().clean() or {}
        if cleaned.get("to") == OTHER and not cleaned.get("address"):
            self.add_error("address", gettext("Give the address."))
        return cleaned

    @property
    def target(self) -> str:
        """Return where copies go, as commands take it."""
        to: str = self.cleaned_data["to"]
        return self.cleaned_data["address"] if to == OTHER else to


@page(
    name="quarantine-release",
    path="quarantine/release",
    title=_("Release from quarantine"),
    place=Place.TENANT,
    need=needs(Area.QUARANTINE, Right.RELEASE),
    post=needs(Area.QUARANTINE, Right.RELEASE),
    under="quarantine",
)
def release(request: PageRequest, scope: Scope) -> HttpResponse:
    """Ask where chosen copies shall go; then send them there, and ask a second person about malware."""
    copies = _chosen(request, scope)
    guarded = [each for each in copies if each.reason in GUARDED]
    form = ReleaseForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            if guarded and not form.cleaned_data["reason"].strip():
                raise ConfigurationError(gettext("Say why malware shall be released."))
            outcomes = _release(scope, copies, guarded, form)
        except AlreadyAsked as refusal:
            form.add_error(None, _asked_already(refusal))
        except ConfigurationError as failure:
            form.add_error(None, str(failure))
        else:
            return _told(request, scope, copies, outcomes)
    context = {"form": form, "copies": copies, "guarded": len(guarded)}
    return show(request, "traffic/release.html", context)


def _release(
    scope: Scope, copies: Sequence[QuarantinedCopy], guarded: Sequence[QuarantinedCopy], form: ReleaseForm
) -> dict[UUID, str]:
    asked = []
    if guarded:
        # First, because it may be refused: then nothing of the order is done.
        asked = releasing.ask(
            scope, [each.id for each in guarded], to=form.target, reason=form.cleaned_data["reason"]
        )
    outcomes = quarantined.release(scope, [each.id for each in copies], to=form.target)
    return outcomes | {each.request.quarantine: each.request.state for each in asked}


def _asked_already(refusal: AlreadyAsked) -> str:
    standing = refusal.standing
    return gettext(
        "{who} asked already for its release. Send to: {target}. "
        "Approve that request, or deny it and ask anew."
    ).format(who=standing.requested_by, target=word(TARGETS, standing.target))


@page(
    name="quarantine-delete",
    path="quarantine/delete",
    title=_("Delete from quarantine"),
    place=Place.TENANT,
    need=needs(Area.QUARANTINE, Right.EDIT),
    post=needs(Area.QUARANTINE, Right.EDIT),
    under="quarantine",
)
def delete(request: PageRequest, scope: Scope) -> HttpResponse:
    """Ask whether chosen copies shall be deleted; then do it."""
    copies = _chosen(request, scope)
    if request.method == "POST":
        outcomes = quarantined.delete(scope, [each.id for each in copies])
        return _told(request, scope, copies, outcomes)
    count = len(copies)
    question = ngettext(
        "Delete %(count)d message for good?", "Delete %(count)d messages for good?", count
    ) % {"count": count}
    return confirm(
        request,
        Confirmation(
            title=question,
            text=_("Nobody can bring them back: neither you nor their recipients."),
            action=_("Delete for good"),
            back=address_of("quarantine", request.tenant_name),
            hidden={"ids": [str(each.id) for each in copies]},
        ),
    )


def _chosen(request: PageRequest, scope: Scope) -> list[QuarantinedCopy]:
    """Return the copies whose ids were sent.  Raises ``ScopeError`` where none of them is there."""
    given = request.POST.getlist("ids") or request.GET.getlist("ids")
    ids = []
    for text in given[:MOST]:
        try:
            ids.append(UUID(text))
        except ValueError as failure:
            raise ScopeError("there is no such copy") from failure
    copies = quarantined.copies(scope, ids)
    if not copies:
        raise ScopeError("nothing was chosen that is there")
    return copies


def _told(
    request: PageRequest, scope: Scope, copies: Sequence[QuarantinedCopy], outcomes: Mapping[UUID, str]
) -> HttpResponse:
    """Say what became of the copies: in one sentence, or copy by copy where they fared differently."""
    kinds = {outcomes.get(each.id, "missing") for each in copies}
    rows = [
        {
            "subject": each.subject,
            "recipients": ", ".join(each.recipients),
            "outcome": str(word(OUTCOMES, outcomes.get(each.id, "missing"))),
        }
        for each in copies
    ]
    request.session["quarantine_results"] = {"tenant": scope.tenant_name, "rows": rows}
    done = sum(outcomes.get(each.id) in ("released", "deleted") for each in copies)
    level = Level.SUCCESS if done == len(copies) else Level.INFO
    words = gettext("{done} of {count} done.").format(done=done, count=len(copies))
    if NEEDS_APPROVAL in kinds or kinds & {"looking", "waiting"}:
        words += " " + gettext("Malware waits for a second person.")
    flash(request, words, level=level)
    return to_page(request, "quarantine-results")

"""Allowing or blocking the sender of a message, after seeing what it would have done to past mail."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from django import forms
from django.http import HttpResponse
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from lazaretto.core.address import domain_of
from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.store import backtests, sender_entries, traffic
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.store.sender_entries import SenderList, Wish
from lazaretto.tenants.reviewing import Proposal
from lazaretto.web.admin.pages.traffic.words import DISPOSITIONS, word
from lazaretto.web.shell.cards import Place, needs, page
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.progress import Progress, progress
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page

DAYS: Final = 30
_WISH: Final = "sender_wish"
_LISTS: Final[Mapping[str, Any]] = {
    "approved": _("Allow"),
    "blocked": _("Block"),
}


class SenderForm(Form):
    """Which entry, on which list, for how long and why."""

    list = forms.ChoiceField(
        label=_("What shall happen"), widget=forms.RadioSelect, choices=list(_LISTS.items())
    )
    entry = forms.ChoiceField(label=_("Whom it concerns"), widget=forms.RadioSelect)
    days = forms.ChoiceField(
        label=_("How long"),
        initial="30",
        choices=(
            ("7", _("7 days")),
            ("30", _("30 days")),
            ("90", _("90 days")),
            ("", _("Until it is removed")),
        ),
        required=False,
    )
    reason = forms.CharField(label=_("Why"), required=False, max_length=200)

    def __init__(self, sender: str, *arguments: Any, **keywords: Any) -> None:
        super().__init__(*arguments, **keywords)
        domain = domain_of(sender)
        entries = [(sender, sender)]
        if domain:
            entries.append((domain, gettext("everybody at {domain}").format(domain=domain)))
        self.fields["entry"].choices = entries  # type: ignore[attr-defined]
        self.fields["entry"].initial = sender

    @property
    def wish(self) -> Wish:
        """Return what is wanted."""
        cleaned = self.cleaned_data
        is_approval = cleaned["list"] == "approved"
        days = int(cleaned["days"]) if cleaned["days"] else 0
        return Wish(
            list=SenderList.APPROVED if is_approval else SenderList.BLOCKED,
            entry=cleaned["entry"],
            reason=cleaned["reason"].strip(),
            expires=datetime.now(UTC).date() + timedelta(days=days) if days else None,
        )


@page(
    name="message-sender",
    path="messages/<uuid:id>/sender",
    title=_("Allow or block the sender"),
    place=Place.TENANT,
    need=needs(Area.LISTS, Right.EDIT),
    post=needs(Area.LISTS, Right.EDIT),
    under="trace",
)
def sender(request: PageRequest, scope: Scope, id: UUID) -> HttpResponse:  # noqa: A002 - the path's own word
    """Ask what shall be done about a message's sender; then try it on past mail."""
    story = traffic.message(scope, id)
    if not story.sender:
        raise ScopeError("this message has no sender")
    chosen = request.GET.get("list", "approved")
    initial = {"list": chosen if chosen in _LISTS else "approved"}
    form = SenderForm(story.sender, request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        try:
            run = backtests.begin(scope, sender_entries.imagined(scope, form.wish), days=DAYS)
        except ConfigurationError as failure:
            form.add_error(None, str(failure))
        else:
            request.session[_WISH] = {"run": str(run.id), **_kept(form.wish)}
            return to_page(request, "sender-preview", run=run.id)
    return show(request, "traffic/sender.html", {"form": form, "story": story})


@page(
    name="sender-preview",
    path="senders/preview/<uuid:run>",
    title=_("What it would have done"),
    place=Place.TENANT,
    need=needs(Area.LISTS, Right.EDIT),
    post=needs(Area.LISTS, Right.EDIT),
    under="trace",
)
def preview(request: PageRequest, scope: Scope, run: UUID) -> HttpResponse:
    """Show what the entry would have done to the mail of thirty days; then put it in force."""
    tried = backtests.backtest(scope, run)
    kept = request.session.get(_WISH) or {}
    if kept.get("run") != str(run):
        raise ScopeError("this was not tried by you")
    wish = _wish(kept)
    problem = tried.problem or (gettext("It was interrupted.") if backtests.is_lost(tried) else "")
    if request.method == "POST":
        try:
            applied = sender_entries.grant(scope, wish)
        except ConfigurationError as failure:
            problem = str(failure)
        else:
            if isinstance(applied, Proposal):
                flash(request, gettext("It is proposed: a second person must approve it."), level=Level.INFO)
            else:
                words = gettext("{entry} is on the list. Version {version} is in force.")
                flash(request, words.format(entry=wish.entry, version=applied.version))
            return to_page(request, "trace")
    if not problem and (not tried.finished or request.headers.get("HX-Request") == "true"):
        state = Progress(
            title=_("Trying it on past mail"), done=tried.done, total=tried.days, is_over=tried.finished
        )
        return progress(request, state, then=address_of("sender-preview", request.tenant_name, run=run))
    outcome = tried.outcome or {}
    context = {
        "wish": wish,
        "is_approval": wish.list is SenderList.APPROVED,
        "problem": problem,
        "judged": outcome.get("judged", 0),
        "messages": outcome.get("messages", 0),
        "changes": [
            (_words(kind), count, _examples((outcome.get("examples") or {}).get(kind, ())))
            for kind, count in (outcome.get("changed") or {}).items()
        ],
        "days": DAYS,
    }
    return show(request, "traffic/sender_preview.html", context)


def _examples(found: Sequence[Mapping[str, str]]) -> list[dict[str, Any]]:
    return [{**each, "time": datetime.fromisoformat(each["time"])} for each in found[:5]]


def _words(kind: str) -> str:
    """Return ``deliver → quarantine`` in the reader's words."""
    return " → ".join(str(word(DISPOSITIONS, part.strip())) for part in kind.split("→"))


def _kept(wish: Wish) -> dict[str, str]:
    return {
        "list": wish.list.value,
        "entry": wish.entry,
        "reason": wish.reason,
        "expires": wish.expires.isoformat() if wish.expires else "",
    }


def _wish(kept: Mapping[str, str]) -> Wish:
    return Wish(
        list=SenderList(kept["list"]),
        entry=kept["entry"],
        reason=kept["reason"],
        expires=date.fromisoformat(kept["expires"]) if kept["expires"] else None,
    )

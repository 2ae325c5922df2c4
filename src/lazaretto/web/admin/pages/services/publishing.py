"""Changes that wait: what they are, what they would have done, and publishing or discarding them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.core.errors import ConfigurationError
from lazaretto.store import backtests, drafts, tenancy
from lazaretto.store.reaching import is_within
from lazaretto.store.rows.models import Backtest
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.store.sections import area_of
from lazaretto.tenants.choices import Level as TenantLevel
from lazaretto.tenants.document import TenantDocument, export_document
from lazaretto.tenants.form_fields import form_fields
from lazaretto.tenants.placing import WrongSettings
from lazaretto.tenants.reviewing import Proposal
from lazaretto.tenants.store import Applied, OutdatedVersion
from lazaretto.web.admin.pages.services.fields import in_words
from lazaretto.web.admin.pages.services.levels import GLOBAL, At, inherited
from lazaretto.web.admin.pages.services.views import may_see, plain_cached, remarks_by_path, spoken, today
from lazaretto.web.admin.words_of import choice, words
from lazaretto.web.shell.cards import Anyone, Place, needs, page
from lazaretto.web.shell.confirming import Confirmation, confirm
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.progress import Progress, progress
from lazaretto.web.shell.registry import address_of, called
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_address, to_page

DAYS = 30
_MOST_TEXT = 400


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeShown:
    """One setting that changes, as people read it."""

    label: str
    where: str
    """The domain, the group or the entry that it is about."""
    before: str
    after: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EffectShown:
    """What would become of some mail."""

    before: str
    after: str
    count: int
    examples: list[dict[str, Any]]


@page(
    name="changes",
    path="changes",
    title=gettext_lazy("Unpublished changes"),
    place=Place.TENANT,
    need=Anyone.SIGNED_IN,
    post=Anyone.SIGNED_IN,
    under="services",
)
def changes(request: PageRequest, scope: Scope) -> HttpResponse:
    """Show the draft; POST publishes it."""
    if request.method == "POST":
        return _publish(request, scope)
    return _review(request, scope)


def _review(request: PageRequest, scope: Scope, problem: str = "") -> HttpResponse:
    edited = drafts.edited(scope)
    if not edited.is_draft:
        return show(request, "services/no_changes.html", {})
    base = tenancy.whole(scope, edited.base).text
    conflicts: list[str] = []
    try:
        upcoming = export_document(drafts.upcoming(scope))
    except drafts.Conflict as conflict:
        conflicts = [".".join(path) for path in conflict.paths]
        upcoming = export_document(drafts.upcoming(scope, insist=True))
    except WrongSettings as wrong:
        upcoming, problem = edited.text, str(wrong)
    known = _remarks_of(base)
    context = {
        "draft": edited,
        "changes": shown_changes(scope, base, edited.text),
        "remarks": [each for each in _remarks_of(upcoming) if each not in known],
        "conflicts": conflicts,
        "in_force": edited.in_force,
        "problem": problem,
        "may_try": scope.allows(Area.TRACE, Right.VIEW_STATISTICS) and scope.domains.is_all,
        "days": DAYS,
        **effect_of(scope, upcoming),
    }
    return show(request, "services/changes.html", context, status=409 if problem else 200)


def effect_of(scope: Scope, text: str) -> dict[str, Any]:
    """Return what the last run of the time machine found for the document in ``text``."""
    if not (scope.allows(Area.TRACE, Right.VIEW_STATISTICS) and scope.domains.is_all):
        return {"run": None, "effects": []}
    run = backtests.known(scope, text, days=DAYS)
    return {"run": run, "effects": _effects(run, scope.tenant_name) if run else []}


def _effects(run: Backtest, tenant: str) -> list[EffectShown]:
    found = []
    for kind, count in run.outcome.get("changed", {}).items():
        before, _arrow, after = kind.partition(" → ")
        examples = [
            {
                **each,
                "time": datetime.fromisoformat(each["time"]),
                "address": _message_address(each["message"], tenant),
            }
            for each in run.outcome.get("examples", {}).get(kind, ())
        ]
        found.append(EffectShown(before=fate(before), after=fate(after), count=count, examples=examples))
    return found


def fate(words_of_it: str) -> str:
    """Return what becomes of mail, in the reader's language."""
    return " + ".join(words(f"fate.{each.strip()}").label for each in words_of_it.split("+"))


def _message_address(message: str, tenant: str) -> str:
    try:
        called("message")
    except LookupError:
        return ""
    return address_of("message", tenant, id=message)


def _publish(request: PageRequest, scope: Scope) -> HttpResponse:
    try:
        done = drafts.publish(
            scope,
            note=request.POST.get("note", "")[:500],
            insist=request.POST.get("insist") == "yes",
            seen=_number(request.POST.get("seen", "")),
        )
    except drafts.Conflict:
        return _review(
            request, scope, _("Somebody else changed the same settings; look at the changes again.")
        )
    except OutdatedVersion:
        return _review(request, scope, _("Somebody else published meanwhile; look at the changes again."))
    except WrongSettings as wrong:
        return _review(request, scope, str(wrong))
    except ConfigurationError as failure:
        return _review(request, scope, str(failure))
    tell_done(request, scope, done)
    return to_page(request, "services")


def tell_done(request: PageRequest, scope: Scope, done: Applied | Proposal, text: str = "") -> None:
    """Let the next page say that something is in force, or waits for a second person; offer to undo it."""
    if isinstance(done, Proposal):
        flash(request, _("It waits until somebody else approves it."), level=Level.INFO)
        return
    flash(
        request,
        text or _("Version %(version)s is in force.") % {"version": done.version},
        undo=undo_address(scope, done.version) if done.changed else "",
        undo_label=_("Undo"),
    )


def undo_address(scope: Scope, version: int) -> str:
    """Return where a button posts to take ``version`` back; empty for the first one."""
    return address_of("version-undo", scope.tenant_name, version=version) if version > 1 else ""


def _number(text: str) -> int | None:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None


@page(
    name="changes-discard",
    path="changes/discard",
    title=gettext_lazy("Discard changes"),
    place=Place.TENANT,
    need=Anyone.SIGNED_IN,
    post=Anyone.SIGNED_IN,
    under="services",
)
def discard(request: PageRequest, scope: Scope) -> HttpResponse:
    """Forget the draft."""
    back = address_of("changes", scope.tenant_name)
    if request.method != "POST":
        question = Confirmation(
            title=_("Discard all unpublished changes?"),
            text=_("What is in force stays as it is. Your changes are lost."),
            action=_("Discard"),
            back=back,
        )
        return confirm(request, question)
    drafts.discard(scope)
    flash(request, _("Your changes were discarded."))
    return to_page(request, "services")


@page(
    name="changes-try",
    path="changes/try",
    title=gettext_lazy("Effect on past mail"),
    place=Place.TENANT,
    need=needs(Area.TRACE, Right.VIEW_STATISTICS),
    post=needs(Area.TRACE, Right.VIEW_STATISTICS),
    under="services",
)
def try_changes(request: PageRequest, scope: Scope) -> HttpResponse:
    """Begin a run of the time machine with the draft."""
    edited = drafts.edited(scope)
    if request.method != "POST" or not edited.is_draft:
        return to_page(request, "changes")
    text = export_document(drafts.upcoming(scope, insist=True))
    run = backtests.begin(scope, text, days=DAYS)
    return to_page(request, "effect", id=run.id)


@page(
    name="effect",
    path="changes/effects/<uuid:id>",
    title=gettext_lazy("Effect on past mail"),
    place=Place.TENANT,
    need=needs(Area.TRACE, Right.VIEW_STATISTICS),
    under="services",
)
def effect(request: PageRequest, scope: Scope, id: UUID) -> HttpResponse:  # noqa: A002 - the path's own word
    """Show how far a run is; when it is over, lead back."""
    run = backtests.backtest(scope, id)
    then = request.GET.get("then", "")
    address = address_of(then, scope.tenant_name) if then == "senders" else ""
    address = address or address_of("changes", scope.tenant_name)
    if backtests.is_lost(run):
        flash(request, _("The time machine was interrupted; start it again."), level=Level.WARNING)
        return to_address(request, address)
    if run.finished and not request.is_partial:
        return to_address(request, address)
    state = Progress(
        title=_("Trying the change on past mail"),
        done=run.done,
        total=run.days,
        text=_("%(done)s of %(days)s days looked at") % {"done": run.done, "days": run.days},
        is_over=run.finished,
    )
    return progress(request, state, then=address)


def shown_changes(scope: Scope, before: str, after: str) -> list[ChangeShown]:
    """Return what differs between two documents, as far as the scope may see it."""
    found = drafts.changes_between(plain_cached(before), plain_cached(after))
    documents = drafts.parsed(before), drafts.parsed(after)
    seen = [each for each in found if may_see(scope, area_of(each.path[0]))]
    return [
        _shown(each, *documents)
        for each in (_within(scope, documents, change) for change in seen)
        if each is not None
    ]


def _within(
    scope: Scope, documents: tuple[TenantDocument, TenantDocument], change: drafts.Change
) -> drafts.Change | None:
    """Return what ``scope`` may see of a change; None where that is nothing."""
    if scope.domains.is_all:
        return change

    def reached(value: Any) -> bool:
        return all(is_within(scope, each, value) for each in documents)

    def kept(value: Any) -> Any:
        return [each for each in value if reached(each)] if isinstance(value, list) else value

    left = replace(change, before=kept(change.before), after=kept(change.after))
    is_seen = reached((left.path, left.before, left.after)) and change.path[0] not in ("groups", "routes")
    return left if is_seen and left.before != left.after else None


def _shown(change: drafts.Change, old: TenantDocument, new: TenantDocument) -> ChangeShown:
    path = change.path
    where = ""
    is_own = path[0] in ("domains", "groups") and "settings" in path
    if is_own:
        where, path = path[1], path[path.index("settings") + 1 :]
    elif path[0] in ("domains", "groups", "tls_partners", "aliases", "routes", "personal_lists"):
        where, path = ".".join(path[1:]), path[:1]
    key = ".".join(path)
    level = At(TenantLevel.DOMAIN) if is_own else GLOBAL
    before, after = (
        _otherwise(key, document, level) if each is None else _value(key, each)
        for each, document in ((change.before, old), (change.after, new))
    )
    if isinstance(change.before, list) or isinstance(change.after, list):
        before, after = _entries(change.before or [], change.after or [])
    return ChangeShown(label=words(key).label, where=where, before=before, after=after)


def _otherwise(key: str, document: TenantDocument, level: At) -> str:
    """Return what holds where nothing is said."""
    field = form_fields().get(key)
    if field is None:
        return _("not set")
    value, origin = inherited(document, level, field.path)
    return f"{in_words(field, value)} ({origin})"


def _value(key: str, value: Any) -> str:
    field = form_fields().get(key)
    text = choice(value) if field is not None and field.choices else str(value)
    if field is not None and value in ("true", "false"):
        text = choice(value)
    return text if len(text) <= _MOST_TEXT else f"{text[:_MOST_TEXT]} …"


def _entries(before: Any, after: Any) -> tuple[str, str]:
    old, new = (
        {_entry(each): each for each in side} if isinstance(side, list) else {} for side in (before, after)
    )
    gone = [each for each in old if each not in new]
    come = [each for each in new if each not in old]
    changed = [f"{each} ({_('changed')})" for each in new if each in old and old[each] != new[each]]
    return _some(gone, "−"), _some([*come, *changed], "+")


def _some(entries: list[str], sign: str) -> str:
    shown = ", ".join(f"{sign} {each}" for each in entries[:10])
    more = len(entries) - 10
    return f"{shown} … (+{more})" if more > 0 else shown


def _entry(entry: Any) -> str:
    if isinstance(entry, dict):
        return str(entry.get("entry") or entry.get("name") or entry.get("host") or entry)
    return str(entry)


def _remarks_of(text: str) -> list[str]:
    return [each for texts in remarks_by_path(text, today(), spoken()).values() for each in texts]

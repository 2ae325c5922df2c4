"""The tenant's own rules: what they say in words, and the pages that write them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.store import drafts
from lazaretto.store.reaching import is_within
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.placing import UNSAID
from lazaretto.tenants.sections import OwnRule
from lazaretto.web.admin.entries import Listing, draft_bar, placed, take_out
from lazaretto.web.admin.pages.rules.form import AUDIENCES, DIRECTIONS, RuleForm, as_initial
from lazaretto.web.admin.pages.traffic.words import DISPOSITIONS, VERDICTS, word
from lazaretto.web.shell.cards import Place, Section, needs, page
from lazaretto.web.shell.confirming import Confirmation
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Column

_SEE = needs(Area.ANTISPAM, Right.VIEW_CONFIGURATION)
_EDIT = needs(Area.ANTISPAM, Right.EDIT)
_LISTING = Listing(
    name="rules",
    caption=gettext_lazy("Own rules"),
    columns=(
        Column(name="name", title=gettext_lazy("Rule"), template="rules/cell_rule.html"),
        Column(name="when", title=gettext_lazy("When")),
        Column(name="wants", title=gettext_lazy("What it does")),
        Column(name="state", title=gettext_lazy("State"), hides=True),
    ),
    template="rules/list.html",
    edit=_EDIT,
    add="rule-new",
    add_words=gettext_lazy("Add a rule"),
    none=gettext_lazy("There is no rule of your own yet"),
    none_text=gettext_lazy(
        "A rule says what becomes of mail that the services leave open: for some recipients, some findings "
        "or some score."
    ),
    icon="list-check",
)


@page(
    name="rules",
    path="rules",
    title=gettext_lazy("Own rules"),
    place=Place.TENANT,
    need=_SEE,
    section=Section.PROTECTION,
    icon="adjustments",
    order=15,
)
def rules(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """List the rules."""
    document = drafts.edited(scope).document
    rows = [
        _row(number, rule)
        for number, rule in enumerate(document.rules, 1)
        if is_within(scope, document, rule)
    ]
    return _LISTING.answer(request, scope, rows)


def _row(number: int, rule: OwnRule) -> dict[str, Any]:
    return {
        "number": number,
        "name": rule.name,
        "when": "; ".join(_when(rule)),
        "wants": "; ".join(_wants(rule)),
        "state": _("on trial") if rule.shadow else _("acts"),
    }


def _when(rule: OwnRule) -> Iterator[str]:
    """Yield the conditions in words; all of them must hold."""
    when = rule.when
    if when.direction:
        yield ", ".join(str(DIRECTIONS[each.value]) for each in when.direction)
    if when.recipients:
        yield _("to %(recipients)s") % {"recipients": _some(when.recipients)}
    if when.verdicts:
        yield ", ".join(str(word(VERDICTS, each.value)) for each in when.verdicts)
    if when.symbols:
        yield _("with %(symbols)s") % {"symbols": _some(when.symbols)}
    if when.score_at_least is not None:
        yield _("score of at least %(score)s") % {"score": f"{when.score_at_least:g}"}


def _wants(rule: OwnRule) -> Iterator[str]:
    """Yield what the rule does, in words."""
    action = rule.action
    fate = str(word(DISPOSITIONS, action.disposition.word))
    yield f"{fate}: {action.redirect_to}" if action.redirect_to else fate
    if action.tag_subject:
        yield _("“%(tag)s” before the subject") % {"tag": action.tag_subject.strip()}
    if action.add_header:
        yield f"{action.add_header.name}: {action.add_header.value}"
    if action.banner:
        yield _("banner “%(text)s”") % {"text": action.banner[:60]}
    if action.strip_attachments:
        yield _("takes out %(names)s") % {"names": _some(action.strip_attachments)}
    if action.compress_attachments:
        yield _("packs large attachments")
    if action.copy_to:
        yield _("copy to %(addresses)s") % {"addresses": _some(action.copy_to)}
    if action.notify:
        yield _("tells: %(audience)s") % {
            "audience": ", ".join(str(AUDIENCES[each.value]) for each in action.notify)
        }


def _some(values: tuple[str, ...]) -> str:
    return ", ".join(values[:5]) + (f" … (+{len(values) - 5})" if len(values) > 5 else "")


def _meant(scope: Scope, number: int) -> OwnRule | None:
    """Return the rule that stands at ``number``; None where there is none for ``scope``."""
    document = drafts.edited(scope).document
    its = document.rules[number - 1] if 0 < number <= len(document.rules) else None
    return its if its is not None and is_within(scope, document, its) else None


@page(
    name="rule-new",
    path="rules/new",
    title=gettext_lazy("Add a rule"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="rules",
)
def new(request: PageRequest, scope: Scope) -> HttpResponse:
    """Add a rule to the draft."""
    return _edit(request, scope, None, 0)


@page(
    name="rule",
    path="rules/<int:number>",
    title=gettext_lazy("Own rule"),
    place=Place.TENANT,
    need=_SEE,
    post=_EDIT,
    under="rules",
)
def rule(request: PageRequest, scope: Scope, number: int) -> HttpResponse:
    """Change a rule in the draft."""
    its = _meant(scope, number)
    if its is None:
        return to_page(request, "rules")
    if request.method == "POST" and request.POST.get("was", "") != its.name:
        # Rules have no names of their own but their place; another one may have come to stand there.
        flash(request, _("The rules were changed meanwhile; choose the rule again."), level=Level.WARNING)
        return to_page(request, "rules")
    return _edit(request, scope, its, number)


def _edit(request: PageRequest, scope: Scope, its: OwnRule | None, number: int) -> HttpResponse:
    form = RuleForm(request.POST or None, initial=as_initial(its) if its is not None else None)
    if request.method == "POST" and form.is_valid():
        wanted = _plain_rules(scope)
        if its is None:
            wanted.append(form.values)
        else:
            wanted[number - 1] = form.values
        if placed(scope, form, {("rules",): wanted}):
            return to_page(request, "changes")
    context = {
        **draft_bar(scope),
        "form": form,
        "number": number,
        "known": its.name if its is not None else "",
        "may_edit": _LISTING.may_edit(scope),
    }
    return show(request, "rules/rule.html", context, status=422 if form.errors else 200)


def _plain_rules(scope: Scope) -> list[dict[str, Any]]:
    known = drafts.edited(scope).document.rules
    return [each.model_dump(mode="json", exclude_defaults=True) for each in known]


@page(
    name="rule-remove",
    path="rules/<int:number>/remove",
    title=gettext_lazy("Remove a rule"),
    place=Place.TENANT,
    need=_EDIT,
    post=_EDIT,
    under="rules",
)
def remove(request: PageRequest, scope: Scope, number: int) -> HttpResponse:
    """Take a rule out of the draft."""
    its = _meant(scope, number)
    if its is None:
        return to_page(request, "rules")
    if request.method == "POST" and request.POST.get("was", "") != its.name:
        flash(request, _("The rules were changed meanwhile; choose the rule again."), level=Level.WARNING)
        return to_page(request, "rules")
    question = Confirmation(
        title=_("Remove the rule “%(name)s”?") % {"name": its.name},
        text=_(
            "The next page shows what past mail would have fared without it. It holds once the change is "
            "published, and can be undone."
        ),
        action=_("Remove"),
        back=address_of("rules", scope.tenant_name),
        hidden={"was": its.name},
    )
    kept = _plain_rules(scope)
    del kept[number - 1]
    return take_out(request, scope, question, {("rules",): kept or UNSAID})

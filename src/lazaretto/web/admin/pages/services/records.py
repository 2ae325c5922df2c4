"""What was in force when: the history, differences, roll-back, and the whole document as YAML."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import forms
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from lazaretto.core.errors import ConfigurationError
from lazaretto.store import drafts, tenancy
from lazaretto.store.reaching import is_within
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.tenants.checking import check
from lazaretto.tenants.document import parse_document
from lazaretto.tenants.store import OutdatedVersion
from lazaretto.web.admin.entries import draft_bar
from lazaretto.web.admin.pages.services.publishing import shown_changes, undo_address
from lazaretto.web.shell.cards import Place, Section, needs, page
from lazaretto.web.shell.confirming import Confirmation, confirm
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.ordering import ordered, page_of
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_page
from lazaretto.web.shell.tables import Asked, Column, Empty, Filter, Table, csv_response

_A_PAGE = 50
_MOST_OCTETS = 16_000_000
_COLUMNS = (
    Column(name="number", title=gettext_lazy("Version"), sorts=True, is_number=True),
    Column(name="published_at", title=gettext_lazy("Time"), sorts=True),
    Column(name="published_by", title=gettext_lazy("By"), sorts=True),
    Column(name="note", title=gettext_lazy("Note"), sorts=True, hides=True),
    Column(name="", title=gettext_lazy("Changes"), template="services/cell_version.html"),
)
_FILTERS = (Filter(name="by", title=gettext_lazy("By")), Filter(name="note", title=gettext_lazy("Note")))


@page(
    name="versions",
    path="versions",
    title=gettext_lazy("History of the configuration"),
    place=Place.TENANT,
    need=needs(Area.AUDIT, Right.VIEW_STATISTICS),
    section=Section.RECORDS,
    icon="history",
    order=30,
)
def versions(request: PageRequest, scope: Scope) -> HttpResponseBase:
    """List the versions, latest first."""
    asked = Asked.of(request, _COLUMNS, _FILTERS)
    document = drafts.parsed(tenancy.whole(scope).text)
    found = [
        each
        for each in tenancy.history(scope)
        if is_within(scope, document, each.note, each.published_by)
        and asked.get("by").lower() in each.published_by.lower()
        and asked.get("note").lower() in each.note.lower()
    ]
    if asked.is_export:
        return csv_response("versions", _COLUMNS[:-1], ordered(found, _COLUMNS, asked))
    rows, following = page_of(found, _COLUMNS, asked, _A_PAGE)
    table = Table(
        name="versions",
        caption=_("Versions"),
        columns=_COLUMNS,
        rows=rows,
        asked=asked,
        filters=_FILTERS,
        next=following,
        empty=Empty(title=_("There is no version yet"), icon="history"),
    )
    return show(request, "services/versions.html", {**draft_bar(scope), "table": table})


@page(
    name="version",
    path="versions/<int:version>",
    title=gettext_lazy("What a version changed"),
    place=Place.TENANT,
    need=needs(Area.AUDIT, Right.VIEW_STATISTICS),
    under="versions",
)
def version(request: PageRequest, scope: Scope, version: int) -> HttpResponse:
    """Show what one version changed, against the one before it or the one in force."""
    scope.demand(Area.AUDIT, Right.VIEW_STATISTICS)
    text = tenancy.whole(scope, version).text
    in_force = tenancy.whole(scope)
    before = tenancy.whole(scope, version - 1).text if version > 1 else _nothing(scope)
    context = {
        "version": version,
        "in_force": in_force.version,
        "changes": shown_changes(scope, before, text),
        "back": [] if version == in_force.version else shown_changes(scope, in_force.text, text),
    }
    return show(request, "services/version.html", context)


def _nothing(scope: Scope) -> str:
    return f"version: 1\ntenant: {scope.tenant_name}\n"


@page(
    name="version-undo",
    path="versions/<int:version>/undo",
    title=gettext_lazy("Undo a version"),
    place=Place.TENANT,
    need=needs(Area.AUDIT, Right.VIEW_STATISTICS),
    post=needs(Area.AUDIT, Right.VIEW_STATISTICS),
    under="versions",
)
def undo(request: PageRequest, scope: Scope, version: int) -> HttpResponse:
    """Let the version before this one apply again, if this one is still in force."""
    return _take_back(request, scope, max(1, version - 1), expected=version)


@page(
    name="version-apply",
    path="versions/<int:version>/apply",
    title=gettext_lazy("Roll back"),
    place=Place.TENANT,
    need=needs(Area.AUDIT, Right.VIEW_STATISTICS),
    post=needs(Area.AUDIT, Right.VIEW_STATISTICS),
    under="versions",
)
def apply(request: PageRequest, scope: Scope, version: int) -> HttpResponse:
    """Let an older version apply again."""
    expected = request.POST.get("expected", "")
    number = int(expected) if expected.isascii() and expected.isdigit() and len(expected) < 10 else None
    return _take_back(request, scope, version, expected=number)


def _take_back(request: PageRequest, scope: Scope, version: int, expected: int | None) -> HttpResponse:
    in_force = tenancy.whole(scope)
    if request.method != "POST" or expected is None:
        question = Confirmation(
            title=_("Let version %(version)s apply again?") % {"version": version},
            text=_(
                "It becomes a new version. What was published after it is undone; this can be undone too."
            ),
            action=_("Roll back"),
            back=address_of("versions", scope.tenant_name),
            hidden={"expected": in_force.version},
        )
        return confirm(request, question)
    try:
        if expected != in_force.version:
            raise OutdatedVersion(expected, in_force.version)
        applied = tenancy.rollback(scope, version)
    except ConfigurationError as failure:
        flash(request, str(failure), level=Level.WARNING)
        return to_page(request, "versions")
    flash(
        request,
        _("Version %(old)s applies again, as version %(new)s.") % {"old": version, "new": applied.version},
        undo=undo_address(scope, applied.version) if applied.changed else "",
        undo_label=_("Undo"),
    )
    return to_page(request, "versions")


class DocumentForm(Form):
    """A whole document, by file or as text."""

    file = forms.FileField(
        label=gettext_lazy("File"), required=False, help_text=gettext_lazy("A YAML document, up to 16 MB.")
    )
    text = forms.CharField(
        label=gettext_lazy("Or as text"),
        required=False,
        max_length=_MOST_OCTETS,
        strip=False,
        widget=forms.Textarea(attrs={"rows": 24, "spellcheck": "false", "class": "document-text"}),
    )

    def clean(self) -> dict[str, Any]:
        """Take the file where there is one."""
        values = super().clean() or {}
        file = values.get("file")
        if file is not None and file.size > _MOST_OCTETS:
            raise forms.ValidationError(_("The file is too large."))
        if file is not None:
            try:
                values["text"] = file.read().decode("utf-8")
            except UnicodeDecodeError as failure:
                raise forms.ValidationError(_("The file is not UTF-8 text.")) from failure
        if not values.get("text", "").strip():
            raise forms.ValidationError(_("Choose a file or write a text."))
        return values


@page(
    name="document",
    path="document",
    title=gettext_lazy("Configuration as YAML"),
    place=Place.TENANT,
    need=needs(Area.ROUTES, Right.VIEW_CONFIGURATION),
    post=needs(Area.ROUTES, Right.VIEW_CONFIGURATION),
    under="services",
)
def document(request: PageRequest, scope: Scope) -> HttpResponse:
    """Show, hand out and take the whole document: the expert's way."""
    scope.demand_all_domains()
    found = tenancy.in_force(scope)
    if request.GET.get("download") == "yes":
        response = HttpResponse(found.text, content_type="application/yaml; charset=utf-8")
        name = f"{found.name}-{found.version}.yaml"
        response.headers["Content-Disposition"] = f'attachment; filename="{name}"'
        return response
    edited = drafts.edited(scope)
    form = DocumentForm(request.POST or None, request.FILES or None, initial={"text": edited.text})
    if request.method == "POST" and form.is_valid():
        text = form.cleaned_data["text"]
        try:
            now = drafts.replace(scope, parse_document(text, "document"))
        except ConfigurationError as failure:
            for line in str(failure).split("\n")[:50]:
                form.add_error(None, line)
        else:
            if now.is_draft:
                return to_page(request, "changes")
            flash(request, _("Nothing differs from what is in force."))
            return to_page(request, "document")
    remarks = check(edited.text, "document", datetime.now(UTC).date())
    context = {**draft_bar(scope), "form": form, "version": found.version, "remarks": remarks}
    return show(request, "services/document.html", context, status=422 if form.errors else 200)

"""Entries of a tenant's document that have pages of their own: listed, put into the draft, taken out of it.

Groups, partners, routes, rules: each of them is a table by name, a form, and a question before it goes.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from django.http import HttpResponse
from django.http.response import HttpResponseBase

from lazaretto.core.errors import ConfigurationError
from lazaretto.store import drafts
from lazaretto.store.scope import Permission, Scope
from lazaretto.tenants.placing import Path, WrongSettings
from lazaretto.web.shell.confirming import Confirmation, confirm
from lazaretto.web.shell.flash import Level, flash
from lazaretto.web.shell.forms import Form
from lazaretto.web.shell.ordering import ordered, page_of
from lazaretto.web.shell.registry import address_of
from lazaretto.web.shell.requests import PageRequest
from lazaretto.web.shell.showing import show, to_address, to_page
from lazaretto.web.shell.tables import Asked, Column, Empty, Filter, Table, csv_response

A_PAGE: Final = 100
Row = Mapping[str, Any]


def draft_bar(scope: Scope) -> dict[str, Any]:
    """Return what every page of settings says of changes that wait to be published."""
    edited = drafts.edited(scope)
    return {"draft": edited if edited.is_draft else None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Listing:
    """A table of entries in the order of the first column, which names them."""

    name: str
    caption: Any
    columns: tuple[Column, ...]
    template: str
    edit: Permission
    """What adding and changing takes."""
    add: str
    """The page that adds one, and the words that lead there."""
    add_words: Any
    none: Any
    """What is said where there is none, and what one would be good for."""
    none_text: Any
    icon: str
    whole_tenant: bool = True
    """Only who reaches all domains of the tenant may change them."""

    def may_edit(self, scope: Scope) -> bool:
        """Tell whether ``scope`` may add, change and remove entries."""
        return scope.allows(*self.edit) and (scope.domains.is_all or not self.whole_tenant)

    def answer(
        self, request: PageRequest, scope: Scope, rows: Iterable[Row], **context: Any
    ) -> HttpResponseBase:
        """Return the page, or the export, of those of ``rows`` that the filter wants."""
        key = self.columns[0]
        filters = (Filter(name=key.name, title=key.title),)
        columns = tuple(replace(each, sorts=bool(each.name)) for each in self.columns)
        asked = Asked.of(request, columns, filters)
        wanted = asked.get(key.name).lower()
        found = [row for row in rows if wanted in str(row[key.name]).lower()]
        if asked.is_export:
            named = [each for each in columns if each.name]
            return csv_response(self.name, named, ordered(found, columns, asked))
        shown, next_cursor = page_of(found, columns, asked, A_PAGE)
        may_edit = self.may_edit(scope)
        table = Table(
            name=self.name,
            caption=self.caption,
            columns=columns,
            rows=shown,
            asked=asked,
            filters=filters,
            next=next_cursor,
            empty=Empty(
                title=self.none,
                text=self.none_text,
                action=self.add_words if may_edit else "",
                address=address_of(self.add, scope.tenant_name) if may_edit else "",
                icon=self.icon,
            ),
        )
        return show(
            request, self.template, {**draft_bar(scope), "table": table, "may_edit": may_edit, **context}
        )


def placed(scope: Scope, form: Form, values: Mapping[Path, Any], depth: int = 2) -> bool:
    """Put ``values`` into the draft; tell ``form`` what is wrong with them, and return whether all is well.

    ``depth`` is how many steps of a path lead to the entry; the field is named by one of those behind.
    """
    try:
        drafts.place(scope, values)
    except WrongSettings as wrong:
        for path, problem in wrong.by_path.items():
            form.add_error(next((step for step in path[depth:] if step in form.fields), None), problem)
        return False
    return True


def take_out(
    request: PageRequest, scope: Scope, question: Confirmation, values: Mapping[Path, Any]
) -> HttpResponse:
    """Ask ``question``; then put ``values`` into the draft and lead to what it changes."""
    if request.method != "POST":
        return confirm(request, question)
    try:
        drafts.place(scope, values)
    except ConfigurationError as failure:
        wrong = failure.by_path.values() if isinstance(failure, WrongSettings) else (str(failure),)
        flash(request, " ".join(wrong), level=Level.DANGER)
        return to_address(request, question.back)
    return to_page(request, "changes")

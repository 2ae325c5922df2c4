"""Every table of every page filters, sorts, goes on page by page and exports."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

import lazaretto
from lazaretto.core.decision import Disposition
from lazaretto.core.findings import Verdict
from lazaretto.store.given import StoreSettings
from tests.portal.conftest import Browser, filled_path, signed_in_end_user, signed_in_with
from tests.portal.mail import Letter, PostOffice

pytestmark = pytest.mark.integration

BESIDE = {"pleas"}
"""Short lists of what is to be decided, beside a page's table."""
NO_LISTS = {
    "changes_table.html",  # what one change changes
    "conformance.html",  # one setting a line, always all of them
    "differences.html",  # two documents beside each other
    "dashboard.html",  # a chart's figures, which it exports
    "message.html",  # the parts of one message
    "results.html",  # what one order came to
    "tokens.html",  # somebody's own few
    "table.html",
}


@dataclass(frozen=True)
class Seen:
    """A table, where it was, and who saw it."""

    path: str
    browser: Browser
    table: Any
    said: dict[str, Any]


@pytest.fixture
def made(monkeypatch: pytest.MonkeyPatch, store: StoreSettings) -> list[tuple[Any, dict[str, Any]]]:
    """Everything that is made a table of from now on, with what was said of it."""
    from lazaretto.web.shell.tables import Table

    found: list[tuple[Any, dict[str, Any]]] = []
    make = Table.__init__

    def noting(self: Any, **said: Any) -> None:
        make(self, **said)
        found.append((self, said))

    monkeypatch.setattr(Table, "__init__", noting)
    return found


def every_table(made: list[tuple[Any, dict[str, Any]]], post_office: PostOffice) -> Iterator[Seen]:
    """Look at every page as somebody who may, and yield its tables."""
    from lazaretto.web.shell.cards import Place
    from lazaretto.web.shell.registry import pages

    spam = Letter(verdict=Verdict.SPAM, disposition=Disposition.QUARANTINE)
    post_office.post(
        spam, Letter(), Letter(sender="zoe@sender.example", subject="Zebras"), Letter(delivered=False),
        Letter(verdict=Verdict.SPAM, disposition=Disposition.REJECT, reference="ABCD2345"),
    )  # fmt: skip
    people = {
        Place.TENANT: signed_in_with("acme", "tenant-administrator"),
        Place.PLATFORM: signed_in_with(None, "operator-administrator"),
        Place.OWN_MAIL: signed_in_end_user("alice@acme.example"),
    }
    for card in pages():
        path, browser = filled_path(card), people[card.place]
        made.clear()
        browser.get(path)
        yield from [Seen(path, browser, table, said) for table, said in made]


def test_every_table_filters_sorts_pages_and_exports(
    made: list[tuple[Any, dict[str, Any]]], post_office: PostOffice
) -> None:
    seen = [each for each in every_table(made, post_office) if each.table.name not in BESIDE]
    lacks = [
        (each.path, what)
        for each in seen
        for what, has in (
            ("filters", bool(each.table.filters) or each.table.name == "messages"),
            ("sorts", any(column.sorts for column in each.table.columns)),
            ("pages", "next" in each.said),
            ("exports", each.table.exports),
        )
        if not has
    ]

    assert lacks == []
    assert {"messages", "copies", "entries", "waiting", "senders", "tenants"} <= {
        each.table.name for each in seen
    }


def test_every_column_that_sorts_puts_the_rows_in_its_order(
    made: list[tuple[Any, dict[str, Any]]], post_office: PostOffice
) -> None:
    from lazaretto.web.shell.ordering import _key

    wrong, ordered = [], 0
    for each in list(every_table(made, post_office)):
        for column in (column for column in each.table.columns if column.sorts):
            for sign in ("", "-"):
                made.clear()
                answer = each.browser.get(f"{each.path}?sort={sign}{column.name}")
                (table, *_) = [table for table, _said in made if table.name == each.table.name]
                keys = [_key(column.ordering(row)) for row in table.rows]
                is_ordered = keys == sorted(keys, reverse=sign == "-")
                ordered += len(keys) > 1
                if answer.status != 200 or not is_ordered:
                    wrong.append((each.path, sign + column.name, answer.status, keys))

    assert wrong == []
    assert ordered > 20


def test_no_list_is_shown_without_the_table_of_all_pages() -> None:
    web = Path(lazaretto.__file__).parent / "web"
    own = {file.name for file in web.rglob("*.html") if "<table" in file.read_text(encoding="utf-8")}

    assert own == NO_LISTS

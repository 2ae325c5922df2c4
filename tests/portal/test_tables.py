"""Tables: the address holds what was asked, and exports are harmless."""

from __future__ import annotations

import csv
import io
from datetime import UTC, date, datetime

import pytest

from lazaretto.store.given import StoreSettings

pytestmark = pytest.mark.integration


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "|cmd", "%0a"])
def test_no_cell_of_an_export_is_a_formula(store: StoreSettings, cell: str) -> None:
    from lazaretto.web.shell.tables import Column, csv_response

    response = csv_response("rows", [Column(name="subject", title=cell)], [{"subject": cell}])
    text = b"".join(response).decode("utf-8-sig")

    assert [row[0][0] for row in csv.reader(io.StringIO(text, newline=""))] == ["'", "'"]


def test_numbers_stay_numbers(store: StoreSettings) -> None:
    from lazaretto.web.shell.tables import harmless

    assert [harmless(value) for value in (-5, 1.5, None)] == ["-5", "1.5", ""]


def test_an_export_ends_with_a_note_where_there_is_more(
    store: StoreSettings, monkeypatch: pytest.MonkeyPatch
) -> None:
    from lazaretto.web.shell import tables

    monkeypatch.setattr(tables, "MOST_EXPORTED", 2)
    column = tables.Column(name="n", title="n")
    text = b"".join(tables.csv_response("rows", [column], ({"n": n} for n in range(9)))).decode()

    assert text.strip().split("\r\n")[1:3] == ["0", "1"]
    assert "narrow the filter" in text.strip().split("\r\n")[3]


def test_what_is_unknown_in_an_address_is_passed_over(store: StoreSettings) -> None:
    from django.test import RequestFactory

    from lazaretto.web.shell.tables import Asked, Column, Filter

    columns = (Column(name="at", title="", sorts=True), Column(name="secret", title=""))
    request = RequestFactory().get("/", {"sort": "-secret", "q": " a\x00b ", "other": "x", "export": "csv"})
    asked = Asked.of(request, columns, (Filter(name="q", title=""),), sort="-at")

    assert (asked.sort, dict(asked.filters), asked.is_export) == ("", {"q": "ab"}, True)


def test_a_click_on_a_head_keeps_the_filter_and_turns_the_order(store: StoreSettings) -> None:
    from django.test import RequestFactory

    from lazaretto.web.shell.tables import Asked, Column, Empty, Filter, Table

    columns, filters = (Column(name="at", title="", sorts=True),), (Filter(name="q", title=""),)
    request = RequestFactory().get("/", {"sort": "at", "q": "a&b", "cursor": "x"})
    asked = Asked.of(request, columns, filters)
    table = Table(
        name="t", caption="", columns=columns, rows=[], asked=asked, empty=Empty(title=""), filters=filters
    )

    assert table.heads[0].address == "?q=a%26b&sort=-at"
    assert table.heads[0].order == "ascending"


@pytest.mark.parametrize("path", ["//x", "/\\x", "https://x", "x", "/a\nb", "/ a", "", None, "javascript:1"])
def test_only_paths_of_ours_are_led_to(path: str | None) -> None:
    from lazaretto.web.shell.showing import local

    assert local(path, "/home") == "/home"
    assert local("/t/acme/?q=1", "/home") == "/t/acme/?q=1"


def test_vendored_files_are_what_their_list_says(store: StoreSettings) -> None:
    import hashlib
    import json

    from lazaretto.web.shell.assets import assets

    listed = json.loads(assets()["shell/vendor/htmx.js"].path.with_name("vendored.json").read_text())
    for name, entry in listed.items():
        if "sha256" in entry:
            octets = assets()[f"shell/vendor/{name}"].path.read_bytes()
            assert hashlib.sha256(octets).hexdigest() == entry["sha256"], name


def test_assets_are_kept_for_ever_under_their_digest_alone(store: StoreSettings) -> None:
    from lazaretto.web.shell.assets import address
    from tests.portal.conftest import Browser

    browser = Browser()
    right = browser.get(address("shell/shell.css"), Accept_Encoding="gzip")
    old = browser.get("/static/000000000000/shell/shell.css")

    assert "immutable" in right.headers["Cache-Control"]
    assert right.headers["Content-Encoding"] == "gzip"
    assert old.headers["Cache-Control"] == "no-cache"
    assert browser.get("/static/x/shell/../../wsgi.py").status == 404


def test_the_heaviest_page_leaves_room_for_itself(store: StoreSettings) -> None:
    """300 KB are promised; what every page loads, and a chart, leave some thirty for the page."""
    import gzip

    from lazaretto.web.shell.assets import assets

    loaded = (
        "vendor/tabler.css",
        "vendor/htmx.js",
        "vendor/echarts.js",
        "shell.css",
        "shell.js",
        "theme.js",
        "charts.js",
    )
    weight = sum(len(gzip.compress(assets()[f"shell/{name}"].path.read_bytes(), 9)) for name in loaded)

    assert weight < 275_000


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("<b>now</b>", "&lt;b&gt;now&lt;/b&gt;"),
        (None, ""),
        (7, "7"),
        (datetime(2026, 3, 2, 12, tzinfo=UTC), "2026-03-02T12:00:00+00:00"),
        (date(2026, 3, 2), 'datetime="2026-03-02"'),
    ],
)
def test_a_cell_says_its_value_and_is_no_markup(store: StoreSettings, value: object, shown: str) -> None:
    from lazaretto.web.shell.tables import Column
    from lazaretto.web.shell.tags import cell

    made = cell(Column(name="n", title="n", is_number=True, hides=True), value)

    assert made.startswith('<td class="text-end d-none d-md-table-cell">')
    assert shown in made
    assert "<b>" not in made

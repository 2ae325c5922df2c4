"""A table of addresses: what it says, what it changes, and that writing and reading agree."""

from __future__ import annotations

import time

import pytest

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.identity import TenantId
from lazaretto.tenants.address_csv import Counts, Mode, WrongLines, laid_over, read_table, written_table
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import TenantDocument, export_document, parse_document

BASE = """\
tenant: acme
domains: {customer.example: {}, branch.example: {}}
addresses: [Ann@customer.example, bob@customer.example]
aliases: {a@customer.example: Ann@customer.example}
address_patterns: ["ticket-*@customer.example"]
plus_addresses: true
"""


def document() -> TenantDocument:
    return parse_document(BASE, "x")


def changed(text: str, mode: Mode = Mode.MERGE) -> tuple[TenantDocument, Counts]:
    given = document()
    made, counts = laid_over(given, read_table(text, set(given.domains)), mode)
    # What was made is what reading its text gives.
    assert parse_document(export_document(made), "again") == made
    return made, counts


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("cleo@customer.example\nann@customer.example\n", id="plain"),
        pytest.param("address\r\ncleo@customer.example\r\nann@customer.example\r\n", id="titles and CRLF"),
        pytest.param("E-Mail;alias_of\ncleo@customer.example;\nANN@customer.example;\n", id="semicolons"),
        pytest.param("\ufeffcleo@customer.example\t\nann@customer.example\t\n", id="mark and tabs"),
        pytest.param('"cleo@customer.example",""\n\n "ann@customer.example"\n', id="quotes and a gap"),
    ],
)
def test_merging_keeps_what_is_there(text: str) -> None:
    made, counts = changed(text.replace(' "ann', '"ann'))

    assert made.addresses == ("Ann@customer.example", "bob@customer.example", "cleo@customer.example")
    assert (counts.added, counts.removed, counts.kept, counts.total) == (1, 0, 2, 3)
    assert made.aliases and made.address_patterns


def test_replacing_removes_what_the_table_does_not_name() -> None:
    made, counts = changed("ann@customer.example\ncleo@branch.example,\n", Mode.REPLACE)

    assert made.addresses == ("Ann@customer.example", "cleo@branch.example")
    assert (counts.added, counts.removed, counts.kept) == (1, 1, 1)
    assert not made.aliases and not made.address_patterns


def test_aliases_and_patterns_have_their_places() -> None:
    made, _ = changed("info@branch.example,bob@customer.example\n*@branch.example,\n")
    snapshot = compile_snapshot(made, TenantId(1), 1)

    assert made.aliases["info@branch.example"] == "bob@customer.example"
    assert snapshot.mailbox_of("info@branch.example") == "bob@customer.example"
    assert snapshot.accepts("anything@branch.example")
    assert snapshot.accepts("bob+shop@customer.example") and snapshot.accepts("ticket-7@customer.example")
    assert not snapshot.accepts("nobody@customer.example")


def test_what_is_downloaded_and_uploaded_again_changes_nothing() -> None:
    text = written_table(document())

    for mode in Mode:
        made, counts = changed(text, mode)
        assert made == document() and (counts.added, counts.removed) == (0, 0)


@pytest.mark.parametrize("local", ["=sum", "+49", "-x", "'quoted"])
def test_no_address_becomes_a_formula_in_a_spreadsheet(local: str) -> None:
    address = f"{local}@customer.example"
    given = document().model_copy(update={"addresses": (address,), "aliases": {}, "address_patterns": ()})
    text = written_table(given)

    assert f"\r\n'{local}" in text
    assert laid_over(given, read_table(text, set(given.domains)), Mode.REPLACE)[0].addresses == (address,)


def test_a_wrong_line_is_told_with_its_number_and_nothing_changes() -> None:
    text = "cleo@customer.example\nnot an address\ndora@elsewhere.example\n"

    with pytest.raises(WrongLines) as told:
        changed(text)

    assert [each.line for each in told.value.wrong] == [2, 3]
    assert "elsewhere.example is none of the tenant's domains" in told.value.wrong[1].problem


def test_an_empty_file_does_not_refuse_all_mail() -> None:
    with pytest.raises(ConfigurationError, match="refuse all mail"):
        changed("address\n", Mode.REPLACE)


def test_a_hundred_thousand_lines_take_little() -> None:
    text = "".join(f"person{number}@customer.example\n" for number in range(100_000))
    began = time.process_time()

    given = document()
    _, counts = laid_over(given, read_table(text, set(given.domains)), Mode.REPLACE)

    print(f"{time.process_time() - began:.2f} s CPU")
    assert counts.added == 100_000

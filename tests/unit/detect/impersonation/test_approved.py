"""Who may use the tenant's names may do so for every method, or for the one that is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Colleagues, Facts
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.impersonation.own_domains import OwnDomains
from lazaretto.detect.impersonation.protected_names import ProtectedNames, colleagues_shown
from lazaretto.mail.scanner import view_of

TENANT = TenantSnapshot(
    tenant=TenantId(7),
    name="customer",
    version=1,
    domains={"customer.example": ()},
    addresses=frozenset({"ann.lee@customer.example"}),
    protected_names=("Carla Vermeer",),
)
FACTS = Facts(
    received_at=datetime(2026, 1, 1, tzinfo=UTC),
    client=Client(ip="192.0.2.1"),
    recipients=("ann.lee@customer.example",),
    colleagues=(Colleagues(tenant=TENANT.tenant, names=("Ann Lee",)),),
)
METHODS = {
    "user_names": ("From: Carla Vermeer <x@guest.example>", "FROM_PROTECTED_NAME"),
    "similar_names": ("From: C. Vermeer <x@guest.example>", "FROM_PROTECTED_NAME_LIKE"),
    "colleague_names": ("From: Ann Lee <x@guest.example>", "FROM_COLLEAGUE_NAME"),
    "reply_names": (
        "From: Bo <bo@else.example>\r\nReply-To: Carla Vermeer <x@guest.example>",
        "REPLY_TO_PROTECTED_NAME",
    ),
    "lookalike_domains": ("From: Bo <x@custommer.example>", "FROM_LOOKALIKE_DOMAIN"),
}


def symbols(head: str, options: dict[str, str]) -> list[str]:
    message = view_of(f"{head}\r\nSubject: hi\r\n\r\nhello\r\n".encode())
    tenant = replace(TENANT, options=options)
    looks = (each.look(message, FACTS, tenant) for each in (ProtectedNames(), OwnDomains()))
    return [found.symbol for findings in looks for found in findings]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("entry", ["X@guest.example, custommer.example", "guest.example custommer.example"])
def test_an_entry_counts_for_all_methods_or_for_the_one_that_it_names(method: str, entry: str) -> None:
    head, symbol = METHODS[method]

    assert symbols(head, {}) == [symbol]
    assert symbols(head, {"impersonation.approved": entry}) == []
    for named in METHODS:
        expected = [] if named == method else [symbol]
        assert symbols(head, {f"impersonation.approved.{named}": entry}) == expected


def test_whoever_asks_for_a_look_goes_by_the_entries_for_names_of_colleagues() -> None:
    authors = view_of(b"From: Ann Lee <x@guest.example>\r\n\r\nhello\r\n").authors
    for named, shown in (("user_names", ("Ann Lee",)), ("colleague_names", ())):
        tenant = replace(TENANT, options={f"impersonation.approved.{named}": "guest.example"})

        assert colleagues_shown(authors, tenant) == shown


@pytest.mark.parametrize(
    ("method", "expected"),
    [("user_names", ["FROM_COLLEAGUE_NAME"]), ("colleague_names", ["FROM_PROTECTED_NAME"])],
)
def test_one_whose_name_two_methods_know_is_found_by_the_other(method: str, expected: list[str]) -> None:
    tenant = replace(
        TENANT,
        protected_names=("Ann Lee",),
        options={f"impersonation.approved.{method}": "guest.example"},
    )
    message = view_of(b"From: Ann Lee <x@guest.example>\r\n\r\nhello\r\n")

    assert [each.symbol for each in ProtectedNames().look(message, FACTS, tenant)] == expected

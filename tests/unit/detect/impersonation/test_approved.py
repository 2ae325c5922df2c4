"""Who may use the tenant's names may do so for every method, or for the one that is named."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lazaretto.core.envelope import Client
from lazaretto.core.facts import Colleagues, Facts
from lazaretto.core.findings import Finding
from lazaretto.core.identity import TenantId
from lazaretto.core.impersonators import Approval, Method, approval
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.impersonation.own_domains import OwnDomains
from lazaretto.detect.impersonation.protected_names import ProtectedNames, colleagues_shown
from lazaretto.mail.scanner import view_of
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import TenantDocument

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


WHAT_APPROVALS_SAY = {
    "user_names": "FROM_NAME_APPROVED",
    "similar_names": "FROM_NAME_APPROVED",
    "colleague_names": "FROM_NAME_APPROVED",
    "reply_names": "REPLY_TO_NAME_APPROVED",
    "lookalike_domains": "FROM_LOOKALIKE_APPROVED",
}


def looked(head: str, approved: dict[str, list[str]]) -> list[Finding]:
    """Look at a letter as a tenant does whose document approves ``approved``."""
    document = TenantDocument.model_validate({"tenant": "customer", "impersonation": {"approved": approved}})
    tenant = replace(TENANT, options=compile_snapshot(document, TENANT.tenant, 1).options)
    message = view_of(f"{head}\r\nSubject: hi\r\n\r\nhello\r\n".encode())
    looks = (each.look(message, FACTS, tenant) for each in (ProtectedNames(), OwnDomains()))
    return [found for findings in looks for found in findings]


@pytest.mark.parametrize("method", METHODS)
@pytest.mark.parametrize("way", ["address", "domain"])
def test_an_entry_frees_every_method_or_that_alone_which_it_names(method: str, way: str) -> None:
    head, symbol = METHODS[method]
    entry = "custommer.example" if method == "lookalike_domains" else "guest.example"
    if way == "address" and method != "lookalike_domains":
        entry = "x@guest.example"

    assert [each.symbol for each in looked(head, {})] == [symbol]
    for named in ("every_method", *METHODS):
        if named == "lookalike_domains" and "@" in entry:
            continue
        is_free = named in (method, "every_method")
        findings = looked(head, {named: [entry]})

        assert [each.symbol for each in findings] == [WHAT_APPROVALS_SAY[method] if is_free else symbol]
        if is_free:
            assert Approval.of(findings[0].evidence) == Approval(Method(method), entry)
            assert (findings[0].score, findings[0].verdict) == (0, None)


def test_an_address_is_known_however_it_is_written() -> None:
    head = "From: Carla Vermeer <X@Guest.Example>"

    assert [each.symbol for each in looked(head, {"user_names": ["x@GUEST.example"]})] == [
        "FROM_NAME_APPROVED"
    ]


def test_of_two_authors_an_approval_frees_one() -> None:
    head = "From: Carla Vermeer <x@guest.example>, Carla Vermeer <x@else.example>"

    assert [(each.symbol, each.evidence) for each in looked(head, {"user_names": ["guest.example"]})] == [
        ("FROM_NAME_APPROVED", "user_names by guest.example"),
        ("FROM_PROTECTED_NAME", "Carla Vermeer"),
    ]


def test_of_two_addresses_for_answers_an_approval_frees_one() -> None:
    head = (
        "From: Bo <bo@else.example>\r\n"
        "Reply-To: Carla Vermeer <x@guest.example>, Carla Vermeer <x@else.example>"
    )

    assert [each.symbol for each in looked(head, {"reply_names": ["guest.example"]})] == [
        "REPLY_TO_NAME_APPROVED",
        "REPLY_TO_PROTECTED_NAME",
    ]


def test_who_is_nobodys_namesake_needs_no_approval_and_none_is_told() -> None:
    assert looked("From: Dirk Bos <x@guest.example>", {"every_method": ["guest.example"]}) == []


def test_options_of_older_documents_count_together_with_the_lists() -> None:
    document = TenantDocument.model_validate(
        {
            "tenant": "customer",
            "impersonation": {"approved": {"user_names": ["b.example"]}},
            "options": {"impersonation.approved": "A.example, c@d.example"},
        }
    )

    options = compile_snapshot(document, TenantId(1), 1).options

    for sender in ("a.example", "b.example", "c@d.example"):
        assert approval(options, Method.USER_NAMES, (sender,)) == Approval(Method.USER_NAMES, sender)
    assert approval(options, Method.SIMILAR_NAMES, ("b.example",)) is None


def test_whoever_asks_for_a_look_tells_of_approved_authors_too() -> None:
    """The look itself leaves them alone, and says by which entry."""
    authors = view_of(b"From: Ann Lee <x@guest.example>\r\n\r\nhello\r\n").authors
    tenant = replace(TENANT, options={"impersonation.approved.colleague_names": "guest.example"})

    assert colleagues_shown(authors, tenant) == ("Ann Lee",)


@pytest.mark.parametrize(
    ("method", "expected"),
    [("user_names", "FROM_COLLEAGUE_NAME"), ("colleague_names", "FROM_PROTECTED_NAME")],
)
def test_one_whose_name_two_methods_know_is_found_by_the_other(method: str, expected: str) -> None:
    tenant = replace(
        TENANT,
        protected_names=("Ann Lee",),
        options={f"impersonation.approved.{method}": "guest.example"},
    )
    message = view_of(b"From: Ann Lee <x@guest.example>\r\n\r\nhello\r\n")

    found = {each.symbol for each in ProtectedNames().look(message, FACTS, tenant)}

    assert found - {"FROM_NAME_APPROVED"} == {expected}


@pytest.mark.parametrize("evidence", ["", "user_names", "own_domains by a.example", "Carla by the sea"])
def test_what_tells_of_no_approval_is_none(evidence: str) -> None:
    assert Approval.of(evidence) is None

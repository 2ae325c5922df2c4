"""Administrators see what their tenant's people reported, and of nobody else's."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import pytest

from lazaretto.intelligence.report_cases import CaseState, ReportCase
from lazaretto.store.given import StoreSettings
from tests.portal.conftest import signed_in_with

pytestmark = pytest.mark.integration


def a_case(tenant: str, reporter: str, about: str, *, is_spam: bool = True) -> None:
    from lazaretto.store.mailpath import mail_path

    path = mail_path()
    number = path.wait(path.tenants.number_of(tenant))
    assert number is not None
    case = ReportCase(
        id=uuid4(),
        tenant=number,
        is_spam=is_spam,
        reporter=reporter,
        about=about,
        state=CaseState.ANSWERED,
        opened_at=datetime.now(UTC),
        verdict="spam",
        findings=("LOTTERY_WIN",),
        way="mail",
    )
    path.wait(path.cases.add(case))


def test_cases_are_listed_filtered_and_exported(store: StoreSettings) -> None:
    a_case("acme", "alice@acme.example", "<one@evil.example>")
    a_case("acme", "bob@branch.acme.example", "<two@shop.example>", is_spam=False)
    a_case("zeta", "alice@zeta.example", "<three@evil.example>")
    administrator = signed_in_with("acme", "tenant-administrator")

    page = administrator.get("/t/acme/cases").text
    wanted = administrator.get("/t/acme/cases?said=wanted").text
    exported = administrator.get("/t/acme/cases?export=csv").text

    assert "&lt;one@evil.example&gt;" in page
    assert "three@evil.example" not in page
    assert "one@evil.example" not in wanted
    assert "two@shop.example" in wanted
    assert "one@evil.example" in exported


def test_whose_rights_reach_one_domain_sees_the_cases_of_its_people(store: StoreSettings) -> None:
    a_case("acme", "alice@acme.example", "<four@evil.example>")
    a_case("acme", "bob@branch.acme.example", "<five@evil.example>")
    one = signed_in_with("acme", "help-desk", domains=("branch.acme.example",), domains_are_excepted=False)

    page = one.get("/t/acme/cases").text

    assert "five@evil.example" in page
    assert "four@evil.example" not in page

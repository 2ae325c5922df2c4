"""Forms of settings: what they inherit, what they say, and for whom."""

from __future__ import annotations

import pytest

from lazaretto.store.given import StoreSettings
from tests.portal.conftest import Browser, signed_in_with
from tests.portal.people import a_tenant

pytestmark = pytest.mark.integration
TEXT = """\
version: 1
tenant: {name}
domains:
  {name}.example: {}
addresses: ['bob@{name}.example']
"""


@pytest.fixture
def tenant(store: StoreSettings) -> str:
    """A tenant of its own."""
    return a_tenant(TEXT)


@pytest.fixture
def browser(tenant: str) -> Browser:
    """Its administrator's browser."""
    return signed_in_with(tenant, "tenant-administrator")


def publish(browser: Browser, tenant: str) -> None:
    """Publish the draft."""
    assert browser.post(f"/t/{tenant}/changes", {}).status == 302


def document(tenant: str) -> str:
    """Return what is in force."""
    from lazaretto.store.mailpath import mail_path

    return mail_path().wait(mail_path().tenants.export(tenant))


def test_a_domain_inherits_what_it_does_not_say(browser: Browser, tenant: str) -> None:
    level = f"?level=domain:{tenant}.example"
    browser.post(f"/t/{tenant}/services/antispam{level}", {"antispam.spam": "delete"})
    publish(browser, tenant)

    page = browser.get(f"/t/{tenant}/services/antispam{level}").text

    assert f"{tenant}.example:\n    settings:\n      antispam:\n        spam: delete" in document(tenant)
    assert "set here" in page
    assert "from global" in page


def test_a_level_may_not_say_what_is_the_same_for_everybody(browser: Browser, tenant: str) -> None:
    level = f"?level=domain:{tenant}.example"

    browser.post(f"/t/{tenant}/services/antispam{level}", {"antispam.greylisting": "true"})

    assert "greylisting" not in document(tenant)
    assert "antispam.greylisting" not in browser.get(f"/t/{tenant}/services/antispam{level}").text


def test_an_empty_field_inherits_again(browser: Browser, tenant: str) -> None:
    browser.post(f"/t/{tenant}/services/size", {"max_message_size": "20"})
    publish(browser, tenant)
    assert "max_message_size: 20" in document(tenant)

    browser.post(f"/t/{tenant}/services/size", {"max_message_size": ""})
    publish(browser, tenant)

    assert "max_message_size" not in document(tenant)


def test_boxes_that_nobody_changed_say_nothing(browser: Browser, tenant: str) -> None:
    inherited = ["spam", "bulk", "phishing", "impersonation"]
    hours = {f"digest.hours.{day}": "8" for day in ("monday", "tuesday", "wednesday", "thursday", "friday")}
    sent = {"digest.reasons.sent": "yes", "digest.reasons": inherited, "digest.hours.sent": "yes", **hours}

    browser.post(f"/t/{tenant}/services/digest", sent)
    answer = browser.post(f"/t/{tenant}/changes", {})

    assert answer.status == 404
    assert "digest" not in document(tenant)


def test_a_box_that_somebody_changed_counts(browser: Browser, tenant: str) -> None:
    sent = {"quarantine.spam.sent": "yes", "quarantine.spam": ["delete", "preview"]}

    browser.post(f"/t/{tenant}/services/quarantine", sent)
    publish(browser, tenant)

    assert "quarantine:\n  spam:" in document(tenant)


def test_what_is_wrong_is_shown_and_not_taken(browser: Browser, tenant: str) -> None:
    answer = browser.post(f"/t/{tenant}/services/size", {"max_message_size": "many"})

    assert answer.status == 422
    assert "not a whole number" in answer.text
    assert 'value="many"' in answer.text


def test_who_may_only_look_gets_no_button(tenant: str) -> None:
    viewer = signed_in_with(tenant, "read-only")

    page = viewer.get(f"/t/{tenant}/services/antispam")

    assert page.status == 200
    assert "settings-buttons" not in page.text
    assert viewer.post(f"/t/{tenant}/services/antispam", {"antispam.spam": "delete"}).status == 403


def test_an_account_with_rights_elsewhere_keeps_its_second_factor(browser: Browser, tenant: str) -> None:
    from lazaretto.store.people.commands import Granted, add_account
    from lazaretto.store.people.console import console_scope

    boss = add_account(
        console_scope("test", None), f"boss@{tenant}.example", Granted(role="operator-support")
    )
    browser.post(f"/t/{tenant}/people/new", {"email": boss.email, "role": "help-desk", "language": "en"})
    boss.factors.create(kind="totp", name="phone")

    browser.post(f"/t/{tenant}/people/{boss.id}/factors", {})

    assert boss.factors.count() == 1


def test_a_stranger_is_approved_for_one_method_of_impersonation(browser: Browser, tenant: str) -> None:
    address = f"/t/{tenant}/services/impersonation"
    sent = {"impersonation.approved.similar_names": "Namesake@Other.example\npartner.example"}

    browser.post(address, sent)
    publish(browser, tenant)

    assert "similar_names:\n      - namesake@other.example\n      - partner.example" in document(tenant)
    page = browser.get(address).text
    assert "Approved for similar names" in page
    assert "namesake@other.example\npartner.example" in page


def test_an_approval_that_is_no_address_and_no_domain_is_shown_and_not_taken(
    browser: Browser, tenant: str
) -> None:
    address = f"/t/{tenant}/services/impersonation"

    answer = browser.post(address, {"impersonation.approved.lookalike_domains": "ann@partner.example"})

    assert answer.status == 422
    assert "is not a domain" in answer.text
    assert "approved" not in document(tenant)


@pytest.mark.parametrize(
    ("language", "told"),
    [
        ("fr", "Approuvés pour les noms ressemblants"),
        ("nl", "Goedgekeurd voor gelijkende namen"),
        ("de", "Für ähnliche Namen zugelassen"),
    ],
)
def test_approvals_for_one_method_are_offered_in_every_language(
    tenant: str, language: str, told: str
) -> None:
    from lazaretto.store.people.commands import Granted, add_account
    from lazaretto.store.people.console import console_scope

    email = f"{language}@{tenant}.example"
    scope = console_scope("test", tenant)
    add_account(scope, email, Granted(role="tenant-administrator"), language=language)
    somebody = Browser()
    somebody.sign_in_as(email)

    assert told in somebody.get(f"/t/{tenant}/services/impersonation").text


def test_approvals_are_the_same_for_everybody_and_stand_at_no_level_below(
    browser: Browser, tenant: str
) -> None:
    page = browser.get(f"/t/{tenant}/services/impersonation?level=domain:{tenant}.example").text

    assert "impersonation.similar_names" in page
    assert "impersonation.approved" not in page

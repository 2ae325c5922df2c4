"""Rules, routes and newsletters of the tenant's own, written by forms and put in force."""

from __future__ import annotations

import pytest

from lazaretto.store.given import StoreSettings
from tests.portal.conftest import Browser, signed_in_with
from tests.portal.people import a_tenant

pytestmark = pytest.mark.integration
TEXT = """\
version: 1
tenant: {name}
routes:
  main: [{host: 127.0.0.1, port: 2626, weight: 7}]
domains:
  {name}.example: {route: main}
addresses: ['bob@{name}.example']
rules:
- name: Old
  when: {symbols: [SPF_FAIL]}
  action: {disposition: quarantine}
newsletters:
  wanted:
  - {list: old.lists.example, signed_by: lists.example}
"""
RULE = {
    "name": "Invoices",
    "direction": ["inbound"],
    "recipients": "books@{name}.example",
    "verdicts": ["spam"],
    "score_at_least": "3.5",
    "disposition": "redirect",
    "redirect_to": "check@{name}.example",
    "tag_subject": "[check]",
    "add_header": "X-Books",
    "header_value": "yes",
    "strip_attachments": "*.exe",
    "notify": ["recipient"],
    "shadow": "on",
}


@pytest.fixture
def tenant(store: StoreSettings) -> str:
    """A tenant of its own."""
    return a_tenant(TEXT)


@pytest.fixture
def browser(tenant: str) -> Browser:
    """Its administrator's browser."""
    return signed_in_with(tenant, "tenant-administrator")


def in_force(browser: Browser, tenant: str) -> dict[str, object]:
    """Publish the draft; return the plain values of what is in force."""
    from lazaretto.store.mailpath import mail_path
    from lazaretto.tenants.placing import plain_of

    assert browser.post(f"/t/{tenant}/changes", {}).status == 302
    return plain_of(mail_path().wait(mail_path().tenants.export(tenant)))


def test_a_rule_is_written_with_all_that_it_can_say(browser: Browser, tenant: str) -> None:
    form = {
        key: value.format(name=tenant) if isinstance(value, str) else value for key, value in RULE.items()
    }

    assert browser.post(f"/t/{tenant}/rules/new", form).headers["Location"].endswith("/changes")
    rules = in_force(browser, tenant)["rules"]

    assert isinstance(rules, list)
    assert rules[1] == {
        "name": "Invoices",
        "when": {
            "verdicts": ["spam"],
            "score_at_least": "3.5",
            "recipients": [f"books@{tenant}.example"],
            "direction": ["inbound"],
        },
        "action": {
            "disposition": "redirect",
            "tag_subject": "[check] ",
            "add_header": {"name": "X-Books", "value": "yes"},
            "redirect_to": f"check@{tenant}.example",
            "strip_attachments": ["*.exe"],
            "notify": ["recipient"],
        },
        "shadow": "true",
    }
    listed = browser.get(f"/t/{tenant}/rules").text
    assert f"check@{tenant}.example" in listed
    assert "on trial" in listed


def test_the_form_of_a_rule_says_again_what_was_written(browser: Browser, tenant: str) -> None:
    page = browser.get(f"/t/{tenant}/rules/1").text
    sent = browser.post(
        f"/t/{tenant}/rules/1",
        {"was": "Old", "name": "Old", "symbols": "SPF_FAIL", "disposition": "quarantine"},
    )

    assert "SPF_FAIL</textarea>" in page
    assert sent.status == 302
    assert "Old" not in browser.get(f"/t/{tenant}/changes").text


def in_force_now(tenant: str) -> dict[str, object]:
    """Return the plain values of what is in force."""
    from lazaretto.store.mailpath import mail_path
    from lazaretto.tenants.placing import plain_of

    return plain_of(mail_path().wait(mail_path().tenants.export(tenant)))


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        pytest.param({"symbols": ""}, "at least one condition", id="no-condition"),
        pytest.param({"symbols": "spf fail"}, "is not a symbol", id="no-symbol"),
        pytest.param({"disposition": "redirect"}, "nobody gets it", id="to-nobody"),
        pytest.param({"add_header": "X-A"}, "a name and a text", id="half-a-field"),
        pytest.param({"add_header": "Subject", "header_value": "b"}, "X-", id="not-ours"),
    ],
)
def test_what_is_wrong_with_a_rule_is_said_in_its_form(
    browser: Browser, tenant: str, wrong: dict[str, str], said: str
) -> None:
    form = {"name": "New", "symbols": "SPF_FAIL", "disposition": "deliver", **wrong}

    answer = browser.post(f"/t/{tenant}/rules/new", form)

    assert answer.status == 422
    assert said in answer.text


def test_a_form_never_changes_a_rule_that_came_to_stand_in_the_place_of_another(
    browser: Browser, tenant: str
) -> None:
    answer = browser.post(
        f"/t/{tenant}/rules/1",
        {"was": "Another", "name": "Changed", "symbols": "SPF_FAIL", "disposition": "delete"},
    )
    removed = browser.post(f"/t/{tenant}/rules/1/remove", {"was": "Another"})

    assert answer.headers["Location"].endswith("/rules")
    assert removed.headers["Location"].endswith("/rules")
    assert "Old" in browser.get(f"/t/{tenant}/rules").text


def test_a_rule_goes_after_a_question_and_comes_back_by_undoing(browser: Browser, tenant: str) -> None:
    question = browser.get(f"/t/{tenant}/rules/1/remove").text
    browser.post(f"/t/{tenant}/rules/1/remove", {"was": "Old"})
    after = in_force(browser, tenant)
    version = current_version(tenant)

    assert "Remove the rule" in question
    assert "rules" not in after
    assert browser.post(f"/t/{tenant}/versions/{version}/undo", {"expected": str(version)}).status == 302
    assert "rules" in in_force_now(tenant)


def current_version(tenant: str) -> int:
    """Return the version that is in force."""
    from lazaretto.store.mailpath import mail_path

    return mail_path().wait(mail_path().tenants.version_in_force(tenant))


SERVERS = {
    "form-TOTAL_FORMS": "2",
    "form-INITIAL_FORMS": "0",
    "form-0-host": "192.0.2.1",
    "form-0-port": "25",
    "form-0-preference": "10",
    "form-0-lookup": "address",
    "form-0-tls": "required",
    "form-1-host": "",
    "form-1-port": "25",
    "form-1-preference": "10",
    "form-1-lookup": "address",
    "form-1-tls": "opportunistic",
}


def test_a_route_is_named_and_keeps_what_its_form_does_not_show(browser: Browser, tenant: str) -> None:
    browser.post(f"/t/{tenant}/routes/new", {"name": "second", **SERVERS})
    browser.post(
        f"/t/{tenant}/routes/main",
        {
            **SERVERS,
            "form-0-host": "127.0.0.1",
            "form-0-port": "2626",
            "form-0-tls": "opportunistic",
            "form-0-preference": "20",
            "form-INITIAL_FORMS": "1",
        },
    )
    routes = in_force(browser, tenant)["routes"]

    assert isinstance(routes, dict)
    assert routes["second"] == [{"host": "192.0.2.1", "tls": "required"}]
    assert routes["main"] == [{"host": "127.0.0.1", "port": "2626", "preference": "20", "weight": "7"}]
    assert f"{tenant}.example" in browser.get(f"/t/{tenant}/routes").text


def test_a_route_that_a_domain_takes_is_not_removed(browser: Browser, tenant: str) -> None:
    answer = browser.get(f"/t/{tenant}/routes/main/remove")
    browser.post(f"/t/{tenant}/routes/main/remove", {})

    assert answer.headers["Location"].endswith("/routes/main")
    assert "main" in browser.get(f"/t/{tenant}/routes").text


@pytest.mark.parametrize(
    ("form", "said"),
    [
        pytest.param({"name": "main"}, "such a route already", id="twice"),
        pytest.param({"name": "Not So"}, "name", id="name"),
        pytest.param({"name": "empty", "form-0-host": ""}, "at least one server", id="no-server"),
        pytest.param({"name": "odd", "form-0-host": "not a host"}, "not a host", id="no-host"),
    ],
)
def test_what_is_wrong_with_a_route_is_said_in_its_form(
    browser: Browser, tenant: str, form: dict[str, str], said: str
) -> None:
    answer = browser.post(f"/t/{tenant}/routes/new", {**SERVERS, **form})

    assert answer.status == 422
    assert said in answer.text


def test_newsletters_are_named_changed_and_taken_off(browser: Browser, tenant: str) -> None:
    form = {"list": "<news.shop.example>", "signed_by": "shop.example", "recipients": f"bob@{tenant}.example"}
    browser.post(f"/t/{tenant}/newsletters/new", form)
    old = {"was": "old.lists.example lists.example", "list": "old.lists.example", "signed_by": "new.example"}
    listed = browser.get(f"/t/{tenant}/newsletters").text
    # They stand in the order of their lists: the new one comes first.
    browser.post(f"/t/{tenant}/newsletters/2", old)
    changed = in_force(browser, tenant)["newsletters"]
    browser.post(f"/t/{tenant}/newsletters/1/remove", {"was": "news.shop.example shop.example"})
    left = in_force(browser, tenant)["newsletters"]

    assert "news.shop.example" in listed
    assert changed == {
        "wanted": [
            {
                "list": "news.shop.example",
                "signed_by": "shop.example",
                "recipients": [f"bob@{tenant}.example"],
            },
            {"list": "old.lists.example", "signed_by": "new.example"},
        ]
    }
    assert left == {"wanted": [{"list": "old.lists.example", "signed_by": "new.example"}]}


def test_a_change_of_an_entry_is_told_before_it_is_published(browser: Browser, tenant: str) -> None:
    form = {"was": "Old", "name": "Old", "symbols": "SPF_FAIL", "disposition": "delete"}
    browser.post(f"/t/{tenant}/rules/1", form)

    assert "+ Old (changed)" in browser.get(f"/t/{tenant}/changes").text

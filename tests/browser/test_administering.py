"""The frequent tasks of an administrator and an operator, in a real browser, two languages and two sizes."""

from __future__ import annotations

import json
import re
import time
from datetime import date, timedelta
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import DESKTOP, PHONE, OpenPage, Portal, examined

pytestmark = pytest.mark.integration
EVERYWHERE = pytest.mark.parametrize(
    ("language", "size"),
    [pytest.param("en", DESKTOP, id="desktop-en"), pytest.param("fr", PHONE, id="phone-fr")],
)
SAVE = "main form .btn-primary"
LONG = 120_000


def name_of(task: str, language: str, size: tuple[int, int]) -> str:
    """Return what the screenshot of a task is called."""
    return f"{task}-{language}-{'desktop' if size == DESKTOP else 'phone'}"


def opened(portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int], role: str) -> Page:
    """Return a page of somebody who is signed in, in a language."""
    page = open_page(language, size)
    portal.sign_in(page, role)
    page.goto(f"{portal.address}/account")
    if page.get_attribute("html", "lang") != language:
        page.locator(f"button[name=language][value={language}]").first.dispatch_event("click")
        expect(page.locator("html")).to_have_attribute("lang", language)
    return page


@EVERYWHERE
def test_an_action_is_changed_tried_on_past_mail_published_and_taken_back(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    page = opened(portal, open_page, language, size, "administrator")
    page.goto(f"{portal.address}/t/demo/services/antispam")
    problems = examined(page, name_of("antispam", language, size))

    page.select_option("[name='antispam.dynamic_ip']", "log")
    page.select_option("[name='antispam.spam']", "delete")
    page.click(".settings-buttons .btn-primary")
    page.wait_for_selector("form[action$='/changes/try']")
    problems += examined(page, name_of("changes", language, size))
    page.click("form[action$='/changes/try'] button")
    page.wait_for_url(re.compile(r"/changes$"), timeout=LONG)
    expect(page.locator("#effect + *, .effects, .card-body").first).to_be_visible()
    problems += examined(page, name_of("effect", language, size))

    page.fill("[name=note]", "tried first")
    page.click("#note >> xpath=ancestor::form >> css=.btn-primary")
    page.wait_for_url(re.compile(r"/services$"))
    page.goto(f"{portal.address}/t/demo/services/antispam")
    assert page.input_value("[name='antispam.spam']") == "delete"

    page.goto(f"{portal.address}/t/demo/versions")
    problems += examined(page, name_of("versions", language, size))
    links = page.locator("main tbody a")
    links.nth(1).click()
    problems += examined(page, name_of("version", language, size))
    page.click(".page-actions .btn-danger")
    page.click("dialog .btn-danger")
    page.wait_for_url(re.compile(r"/versions$"))
    page.goto(f"{portal.address}/t/demo/services/antispam")
    assert page.input_value("[name='antispam.spam']") != "delete"
    assert problems == []


@EVERYWHERE
def test_a_change_can_be_undone_where_it_is_told(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    page = opened(portal, open_page, language, size, "administrator")
    page.goto(f"{portal.address}/t/demo/services/size")
    page.fill("[name=max_message_size]", "33")
    page.click(".settings-buttons .btn-primary")
    page.click("#note >> xpath=ancestor::form >> css=.btn-primary")
    page.wait_for_url(re.compile(r"/services$"))

    page.click(".alert form button")

    page.goto(f"{portal.address}/t/demo/services/size")
    assert page.input_value("[name=max_message_size]") != "33"


@EVERYWHERE
def test_what_is_wrong_stands_beside_its_setting(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    page = opened(portal, open_page, language, size, "administrator")
    page.goto(f"{portal.address}/t/demo/services/size")
    page.fill("[name=max_message_size]", "many")
    page.click(".settings-buttons .btn-primary")

    told = page.locator(".setting.has-error").inner_text()
    assert language != "en" or "not a whole number" in told
    assert examined(page, name_of("wrong-setting", language, size)) == []


@EVERYWHERE
def test_a_domain_is_added_and_proves_itself(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    domain = f"d{uuid4().hex[:6]}.example"
    answers = portal.home / "demo-dns.json"
    page = opened(portal, open_page, language, size, "administrator")
    page.goto(f"{portal.address}/t/demo/domains/new")
    problems = examined(page, name_of("domain-new", language, size))
    page.fill("[name=domain]", domain)
    page.click(SAVE)
    problems += examined(page, name_of("domain-claim", language, size))

    page.click(SAVE)
    assert f"/claims/{domain}" in page.url
    known = json.loads(answers.read_text())
    known[f"_lazaretto.{domain}"] = {"TXT": [page.inner_text("#proof")]}
    answers.write_text(json.dumps(known))
    page.click(SAVE)

    page.wait_for_url(re.compile(rf"/domains/{domain}$"))
    problems += examined(page, name_of("domain", language, size))
    page.goto(f"{portal.address}/t/demo/domains")
    assert domain in page.inner_text("main")
    assert problems == []


@EVERYWHERE
def test_the_way_to_go_live_shows_lights_and_records(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    page = opened(portal, open_page, language, size, "administrator")
    page.goto(f"{portal.address}/t/demo/go-live?domain=customer.example")
    expect(page.locator(".light")).to_have_count(10, timeout=LONG)
    for details in page.locator(".light details").all():
        details.evaluate("each => { each.open = true; }")

    assert page.locator(".light-red, .light-amber").count() > 0
    assert page.locator(".record code").count() > 0
    assert examined(page, name_of("go-live", language, size)) == []


@EVERYWHERE
def test_addresses_are_uploaded_after_they_were_counted(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    new = f"u{uuid4().hex[:6]}@customer.example"
    page = opened(portal, open_page, language, size, "administrator")
    page.goto(f"{portal.address}/t/demo/addresses/upload")
    page.set_input_files(
        "[name=file]",
        {"name": "list.csv", "mimeType": "text/csv", "buffer": f"address\n{new}\nwrong@\n".encode()},
    )
    page.click(SAVE)
    counts = page.locator(".counts dd").all_inner_texts()
    problems = examined(page, name_of("addresses-counted", language, size))

    page.click("section:first-of-type .btn-primary")
    page.click("#note >> xpath=ancestor::form >> css=.btn-primary")
    page.wait_for_url(re.compile(r"/services$"))
    page.goto(f"{portal.address}/t/demo/addresses?address={new}")

    assert (counts[0], counts[1], counts[3]) == ("1", "0", "1")
    assert new in page.inner_text("main tbody")
    problems += examined(page, name_of("addresses", language, size))
    assert problems == []


@EVERYWHERE
def test_somebody_is_invited_and_gets_a_link_by_mail(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    who = f"p{uuid4().hex[:6]}@customer.example"
    page = opened(portal, open_page, language, size, "administrator")
    page.goto(f"{portal.address}/t/demo/people/new")
    problems = examined(page, name_of("person-new", language, size))
    page.fill("[name=email]", who)
    page.select_option("[name=role]", "help-desk")
    page.click(SAVE)
    page.wait_for_url(re.compile(r"/people$"))

    problems += examined(page, name_of("people", language, size))
    page.click(f"main a:has-text('{who}')")
    problems += examined(page, name_of("person", language, size))
    page.click(".page-actions .btn-danger")
    page.click("dialog .btn-danger")
    page.wait_for_url(re.compile(r"/people$"))
    assert who not in page.inner_text("main tbody")
    assert problems == []


@EVERYWHERE
def test_a_sender_is_blocked_until_a_day_and_taken_off_the_list(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    sender = f"b{uuid4().hex[:6]}.example"
    until = date.today() + timedelta(days=30)
    page = opened(portal, open_page, language, size, "administrator")
    page.goto(f"{portal.address}/t/demo/senders/new")
    problems = examined(page, name_of("sender-new", language, size))
    page.fill("[name=entry]", sender)
    page.fill("[name=reason]", "asked for by sales")
    page.fill("[name=expires]", until.isoformat())
    page.click(SAVE)
    page.wait_for_url(re.compile(r"/senders$"))
    problems += examined(page, name_of("senders", language, size))
    assert page.locator(f"tr:has-text('{sender}') time[datetime='{until.isoformat()}']").count() == 1

    page.click(f"tr:has-text('{sender}') a")
    page.click("button[name=try]")
    page.wait_for_url(re.compile(r"/senders/blocked/remove"), timeout=LONG)
    problems += examined(page, name_of("sender-remove", language, size))
    page.click("main .btn-danger")
    page.wait_for_url(re.compile(r"/senders$"))
    assert sender not in page.locator("main .card").inner_text()
    assert problems == []


@EVERYWHERE
def test_a_tenant_is_made_found_entered_and_left(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    name = f"t{uuid4().hex[:6]}"
    page = opened(portal, open_page, language, size, "operator")
    page.goto(f"{portal.address}/platform/tenants/new")
    problems = examined(page, name_of("tenant-new", language, size))
    page.fill("[name=tenant]", name)
    page.fill("[name=domains]", f"{name}.example")
    page.fill("[name=servers]", "127.0.0.1:2626")
    page.fill("[name=administrator]", f"boss@{name}.example")
    page.click(SAVE)
    page.wait_for_url(re.compile(r"/platform/tenants$"))
    page.goto(f"{portal.address}/platform/tenants?name={name}.example")
    problems += examined(page, name_of("tenants", language, size))

    page.click("main tbody a")
    problems += examined(page, name_of("act-for", language, size))
    page.click(SAVE)
    page.wait_for_url(re.compile(rf"/t/{name}/services$"))
    problems += examined(page, name_of("acting", language, size))
    assert page.locator(".acting").is_visible()
    page.goto(f"{portal.address}/t/{name}/services/contract")
    problems += examined(page, name_of("contract", language, size))

    page.click(".acting button")
    page.goto(f"{portal.address}/t/{name}/services")
    assert "/act-for/" in page.url
    assert problems == []


PAGES = (
    "services", "services/quarantine", "services/digest", "services/disclaimers", "services/tls",
    "services/tls/new", "conformance", "document", "proposals", "senders", "indicators", "indicators/new",
    "addresses", "addresses/learned", "groups", "groups/new", "domains", "people", "tokens",
)  # fmt: skip


@pytest.mark.parametrize("language", ["nl", "de"])
def test_every_page_is_in_order_on_a_phone(portal: Portal, open_page: OpenPage, language: str) -> None:
    page = opened(portal, open_page, language, PHONE, "administrator")
    problems = []
    for path in PAGES:
        began = time.monotonic()
        page.goto(f"{portal.address}/t/demo/{path}")
        assert time.monotonic() - began < 120
        problems += [
            f"{path}: {each}" for each in examined(page, f"page-{path.replace('/', '-')}-{language}")
        ]

    assert problems == []

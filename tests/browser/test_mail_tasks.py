"""What administrators do about mail every day, in a real browser, two languages and two sizes."""

from __future__ import annotations

import re
import time
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Portal, examined
from tests.browser.test_administering import EVERYWHERE, SAVE, name_of, opened
from tests.browser.test_own_quarantine import PATIENCE, sent_dangerous

pytestmark = pytest.mark.integration
BOB = "bob@customer.example"


def at_the_mail(portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]) -> Page:
    """Return an administrator's page, once the demonstration's month of mail is there."""
    portal.wait_until_filled()
    return opened(portal, open_page, language, size, "administrator")


def chosen(page: Page, portal: Portal, count: int) -> list[str]:
    """Choose held messages that only an administrator decides about here; return their numbers."""
    page.goto(f"{portal.address}/t/demo/quarantine?recipient={BOB}&reason=spam")
    boxes = page.locator("input[name=ids]")
    for number in range(count):
        boxes.nth(number).check()
    return [boxes.nth(number).get_attribute("value") or "" for number in range(count)]


@EVERYWHERE
def test_the_figures_of_a_month_lead_to_their_messages(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    page = at_the_mail(portal, open_page, language, size)
    page.goto(f"{portal.address}/t/demo/dashboard")
    page.select_option("#period", "30d")
    page.click(".mail-search .btn-primary")
    expect(page.locator("[data-chart] canvas").first).to_be_visible()
    problems = examined(page, name_of("figures", language, size))

    page.locator("a.mail-tile", has=page.locator("strong:not(:text-is('0'))")).first.click()

    expect(page.locator("main tbody tr").first).to_be_visible()
    assert "/t/demo/messages" in page.url
    assert problems == []


@EVERYWHERE
def test_a_message_is_found_by_its_recipient_and_says_why_it_was_stopped(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    page = at_the_mail(portal, open_page, language, size)
    page.goto(f"{portal.address}/t/demo/messages")
    page.fill("[name=recipient]", BOB)
    page.select_option("[name=verdict]", "spam")
    page.press("[name=recipient]", "Enter")
    problems = examined(page, name_of("found", language, size))
    page.locator("main tbody a[href*='/messages/']").first.click()
    page.wait_for_url(re.compile(r"/messages/[0-9a-f-]{36}"))

    assert page.locator(".mail-lines li").count() > 0
    assert page.locator(".mail-time li").count() > 1
    assert BOB in page.inner_text("main")
    problems += examined(page, name_of("explained", language, size))
    assert problems == []


@EVERYWHERE
def test_what_was_found_is_taken_away_as_a_table(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    page = at_the_mail(portal, open_page, language, size)
    page.goto(f"{portal.address}/t/demo/messages?recipient={BOB}&verdict=spam")

    with page.expect_download() as coming:
        page.click("main a[href*='export=csv']")

    lines = coming.value.path().read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) > 1
    assert all(BOB in line for line in lines[1:])


@EVERYWHERE
def test_a_held_message_is_released_to_its_recipient(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    page = at_the_mail(portal, open_page, language, size)
    (number,) = chosen(page, portal, 1)
    problems = examined(page, name_of("held", language, size))
    page.click("#chosen .btn-primary")
    problems += examined(page, name_of("release", language, size))
    page.click(SAVE)

    expect(page.locator("main tbody tr")).to_have_count(1)
    problems += examined(page, name_of("released", language, size))
    page.goto(f"{portal.address}/t/demo/quarantine?recipient={BOB}")
    assert page.locator(f"input[value='{number}']").count() == 0
    assert problems == []


@EVERYWHERE
def test_held_messages_are_deleted_for_good_after_a_question(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    page = at_the_mail(portal, open_page, language, size)
    numbers = chosen(page, portal, 2)
    page.click("#chosen .btn-danger")
    problems = examined(page, name_of("delete", language, size))
    page.click("main .btn-danger")

    expect(page.locator("main tbody tr")).to_have_count(2)
    page.goto(f"{portal.address}/t/demo/quarantine?recipient={BOB}")
    assert not any(page.locator(f"input[value='{each}']").count() for each in numbers)
    assert problems == []


@EVERYWHERE
def test_what_somebody_asked_for_is_decided(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    portal.wait_until_filled()
    subject = f"Urgent transfer {uuid4().hex[:8]}"
    sent_dangerous(portal, subject)
    asking = opened(portal, open_page, language, size, "end user")
    found = asking.locator("a.held-subject", has_text=subject)
    deadline = time.monotonic() + PATIENCE
    while not found.count():
        assert time.monotonic() < deadline, "the message was not held in time"
        asking.goto(f"{portal.address}/q/?q={subject.replace(' ', '+')}")
    found.click()
    asking.click("button[value=request]")
    expect(asking.locator(".alert-success")).to_be_visible()

    page = opened(portal, open_page, language, size, "administrator")
    page.goto(f"{portal.address}/t/demo/quarantine/requests")
    problems = examined(page, name_of("requests", language, size))
    page.locator("main tbody a", has_text=subject).click()
    problems += examined(page, name_of("request", language, size))
    page.fill("[name=reason]", "nobody of ours wrote it")
    page.click("button[value=deny]")

    expect(page.locator(".alert-success")).to_be_visible()
    assert problems == []


@EVERYWHERE
def test_who_did_what_is_read_and_the_record_verified(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    page = at_the_mail(portal, open_page, language, size)
    page.goto(f"{portal.address}/t/demo/audit")
    problems = examined(page, name_of("audit", language, size))
    page.locator("main tbody a[href*='/audit/']").first.click()
    problems += examined(page, name_of("act", language, size))
    page.goto(f"{portal.address}/t/demo/audit/verification")

    assert page.locator(".text-danger, .alert-danger").count() == 0
    problems += examined(page, name_of("verified", language, size))
    assert problems == []


@EVERYWHERE
def test_a_web_address_is_blocked_for_some_days_and_let_go(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    host = f"kit-{uuid4().hex[:6]}.example"
    page = opened(portal, open_page, language, size, "administrator")
    page.goto(f"{portal.address}/t/demo/indicators/new")
    page.select_option("[name=kind]", "url")
    page.fill("[name=value]", f"hxxps://{host}/login")
    page.select_option("[name=action]", "block")
    page.fill("[name=reason]", "seen this morning")
    page.click(SAVE)
    page.wait_for_url(re.compile(r"/indicators$"))
    problems = examined(page, name_of("indicators", language, size))

    page.locator("main tr", has_text=host).locator("a[data-dialog]").click()
    page.click("dialog .btn-danger")

    expect(page.locator("main tr", has_text=host)).to_have_count(0)
    assert problems == []


@EVERYWHERE
def test_an_own_rule_is_added_and_removed(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    name = f"no letters {uuid4().hex[:6]}"
    page = opened(portal, open_page, language, size, "administrator")
    page.goto(f"{portal.address}/t/demo/rules/new")
    problems = examined(page, name_of("rule-new", language, size))
    page.fill("[name=name]", name)
    page.check("[name=verdicts][value=bulk]")
    page.select_option("[name=disposition]", "quarantine")
    page.click(SAVE)
    page.click("#note >> xpath=ancestor::form >> css=.btn-primary")
    page.wait_for_url(re.compile(r"/services$"))
    page.goto(f"{portal.address}/t/demo/rules")
    problems += examined(page, name_of("rules", language, size))

    page.locator("main tbody a", has_text=name).click()
    page.click(".page-actions .btn-danger")
    page.click("dialog .btn-danger")
    page.click("#note >> xpath=ancestor::form >> css=.btn-primary")
    page.wait_for_url(re.compile(r"/services$"))
    page.goto(f"{portal.address}/t/demo/rules")
    assert page.locator("main tbody a", has_text=name).count() == 0
    assert problems == []


@EVERYWHERE
def test_a_program_gets_a_token_that_is_shown_once_and_ended(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    name = f"script {uuid4().hex[:6]}"
    page = opened(portal, open_page, language, size, "administrator")
    page.goto(f"{portal.address}/t/demo/tokens")
    page.fill("[name=name]", name)
    page.select_option("[name=role]", "read-only")
    page.click(SAVE)
    assert page.inner_text("#token").startswith("lzt_")
    problems = examined(page, name_of("token", language, size))

    page.goto(f"{portal.address}/t/demo/tokens")
    assert page.locator("#token").count() == 0
    page.locator("main tr", has_text=name).locator("a[data-dialog]").click()
    page.click("dialog .btn-danger")

    expect(page.locator(".alert-success")).to_be_visible()
    expect(page.locator("main tr", has_text=name)).to_have_count(0)
    assert problems == []

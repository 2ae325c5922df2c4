"""What else people do about their own quarantine, in a real browser, two languages and two sizes."""

from __future__ import annotations

from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Portal, examined
from tests.browser.test_administering import EVERYWHERE, name_of, opened
from tests.browser.test_own_quarantine import at_held_messages

pytestmark = pytest.mark.integration


def harmless(page: Page) -> list[str]:
    """Return the numbers of the held messages that may be delivered without a question."""
    low = page.locator(".held-item", has=page.locator(".risk-low")).locator("input[name=ids]")
    return [each.get_attribute("value") or "" for each in low.all()]


@EVERYWHERE
def test_a_message_is_searched_by_its_sender(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    page = at_held_messages(portal, open_page, language, size)
    subject = page.locator("a.held-subject").first.inner_text()
    page.fill("[name=q]", subject[:20])
    page.press("[name=q]", "Enter")
    expect(page.locator("a.held-subject").first).to_have_text(subject)
    problems = examined(page, name_of("own-search", language, size))

    page.goto(f"{portal.address}/q/?q={uuid4().hex}")
    expect(page.locator(".empty-title")).to_be_visible()
    page.click(".empty-state a")

    assert page.locator(".held-item").count() > 1
    assert problems == []


@EVERYWHERE
def test_several_messages_are_delivered_at_once(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    page = at_held_messages(portal, open_page, language, size)
    wanted = harmless(page)[:2]
    for each in wanted:
        page.check(f"input[value='{each}']")
    page.click(".held-bar button[value=release]")

    expect(page.locator(".alert-success")).to_be_visible()
    assert not any(page.locator(f"input[value='{each}']").count() for each in wanted)


@EVERYWHERE
def test_a_wanted_message_is_delivered_and_reported(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    page = at_held_messages(portal, open_page, language, size)
    wanted = harmless(page)[0]
    page.goto(f"{portal.address}/q/m/{wanted}")
    page.click("button[value=wanted]")

    expect(page.locator(".alert-success")).to_be_visible()
    assert page.locator(f"input[value='{wanted}']").count() == 0


@EVERYWHERE
@pytest.mark.parametrize(("act", "which"), [("allow", "approved"), ("block", "blocked")])
def test_the_sender_of_a_held_message_is_allowed_or_blocked(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int], act: str, which: str
) -> None:
    page = at_held_messages(portal, open_page, language, size)
    page.goto(f"{portal.address}/q/m/{harmless(page)[-1]}")
    page.click(f"button[value={act}]")
    expect(page.locator(".alert-success")).to_be_visible()

    page.goto(f"{portal.address}/q/senders")
    listed = page.locator(f"button[value^='{which} ']")
    assert listed.count() >= 1
    problems = examined(page, name_of(f"own-{act}", language, size))
    before = listed.count()
    listed.first.click()
    expect(listed).to_have_count(before - 1)
    assert problems == []


@EVERYWHERE
def test_lists_are_ended_and_come_back_in_another_language(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    page = opened(portal, open_page, language, size, "end user")
    for digest, written in (("none", "nl"), ("usual", "")):
        page.goto(f"{portal.address}/q/settings")
        page.check(f"[name=digest][value={digest}]")
        page.select_option("select[name=language]", written)
        page.click("main form .btn-primary")
        expect(page.locator(".alert-success")).to_be_visible()
        expect(page.locator(f"[name=digest][value={digest}]")).to_be_checked()
        assert page.input_value("select[name=language]") == written


@EVERYWHERE
def test_a_further_address_waits_for_its_confirmation_and_is_taken_back(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    page = opened(portal, open_page, language, size, "end user")
    page.goto(f"{portal.address}/q/readers")
    page.fill("[name=address-address]", "info@customer.example")
    page.locator("[name=address-address] >> xpath=ancestor::form >> css=.btn-primary").click()
    end = page.locator("button[value='info@customer.example alice@customer.example']")
    expect(end).to_be_visible()
    problems = examined(page, name_of("own-address", language, size))

    end.click()

    expect(end).to_have_count(0)
    assert problems == []


@EVERYWHERE
def test_somebody_changes_language_and_appearance_and_signs_out(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    other = {"en": "de", "fr": "nl"}[language]
    page = opened(portal, open_page, language, size, "end user")
    page.goto(f"{portal.address}/q/")
    page.locator(f"button[name=language][value={other}]").first.dispatch_event("click")
    expect(page.locator("html")).to_have_attribute("lang", other)
    page.locator("button[name=theme][value=dark]").first.dispatch_event("click")
    expect(page.locator("html")).to_have_attribute("data-bs-theme", "dark")
    problems = examined(page, name_of("own-dark", language, size))

    page.locator("form[action$='/sign-out'] button").first.dispatch_event("click")
    page.wait_for_url(lambda address: "/q/" not in address)
    page.goto(f"{portal.address}/q/")

    assert "/sign-in" in page.url
    assert problems == []

"""The frequent tasks of an end user, in a real browser, two languages and two sizes."""

from __future__ import annotations

import smtplib
import time
from email.message import EmailMessage
from uuid import uuid4

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import PHONE, OpenPage, Portal, examined
from tests.browser.test_administering import EVERYWHERE, name_of, opened

pytestmark = pytest.mark.integration
PATIENCE = 300.0
ALICE = "alice@customer.example"


def at_held_messages(portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]) -> Page:
    """Return the list of held messages, once the demonstration has filled in all of them."""
    portal.wait_until_filled()
    page = opened(portal, open_page, language, size, "end user")
    page.goto(f"{portal.address}/q/")
    expect(page.locator(".held-item").nth(7)).to_be_visible()
    return page


def sent_dangerous(portal: Portal, subject: str) -> None:
    """Send the end user a message in the name of a protected colleague."""
    message = EmailMessage()
    message["From"], message["To"] = "Élise Dupont <elise.dupont@stranger.example>", ALICE
    message["Subject"] = subject
    message.set_content("Alice, are you at your desk? I need a confidential payment today.\n")
    host, port = portal.smtp.split(":")
    with smtplib.SMTP(host, int(port), "sender.stranger.example", 60) as session:
        session.send_message(message, "elise.dupont@stranger.example", [ALICE])


@EVERYWHERE
def test_somebody_reads_why_a_message_is_held_previews_it_and_has_it_delivered(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    page = at_held_messages(portal, open_page, language, size)
    problems = examined(page, name_of("own-mail", language, size))
    low = page.locator(".held-item", has=page.locator(".risk-low")).first
    held = low.locator("a.held-subject").get_attribute("href")
    low.locator("a.held-subject").click()
    expect(page.locator(".held-verdict h2")).to_be_visible()
    frame = page.frame_locator("iframe.held-frame")
    expect(frame.locator("body")).not_to_be_empty()
    problems += examined(page, name_of("own-message", language, size))

    page.click("button[value=release]")
    expect(page.locator(".alert-success")).to_be_visible()

    assert page.goto(f"{portal.address}{held}").status == 404  # type: ignore[union-attr]
    assert problems == []


@EVERYWHERE
def test_several_messages_are_deleted_after_a_question(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    page = at_held_messages(portal, open_page, language, size)
    boxes = page.locator("input[name=ids]")
    gone = [boxes.nth(number).get_attribute("value") for number in range(2)]
    for number in range(2):
        boxes.nth(number).check()
    page.click(".held-bar button[value=delete]")
    problems = examined(page, name_of("own-delete", language, size))
    page.click("main .btn-danger")

    expect(page.locator(".alert-success")).to_be_visible()
    assert not any(page.locator(f"input[value='{each}']").count() for each in gone)
    assert problems == []


@EVERYWHERE
def test_a_dangerous_message_can_only_be_asked_for(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    # A message of its own: which of the demonstration's are still there depends on what was deleted before.
    subject = f"Are you there {uuid4().hex[:8]}"
    sent_dangerous(portal, subject)
    page = at_held_messages(portal, open_page, language, size)
    found = page.locator("a.held-subject", has_text=subject)
    deadline = time.monotonic() + PATIENCE
    while not found.count():
        assert time.monotonic() < deadline, "the message was not held in time"
        page.goto(f"{portal.address}/q/?q={subject.replace(' ', '+')}")
    page.fill("[name=q]", subject)
    page.press("[name=q]", "Enter")
    found.click()
    expect(page.locator(".risk-high").first).to_be_visible()
    assert page.locator("button[value=release]").count() == 0

    page.fill("[name=why]", "I know them")
    page.click("button[value=request]")

    expect(page.locator(".alert-success")).to_be_visible()


@EVERYWHERE
def test_senders_digests_and_colleagues_are_set(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    page = opened(portal, open_page, language, size, "end user")
    entry = f"{language}.{size[0]}.shop.example"
    page.goto(f"{portal.address}/q/senders")
    page.fill("[name=entry]", entry)
    page.select_option("[name=list]", "blocked")
    page.click("main form .btn-primary")
    expect(page.locator(f"button[value='blocked {entry}']")).to_be_visible()
    problems = examined(page, name_of("own-senders", language, size))
    page.click(f"button[value='blocked {entry}']")
    expect(page.locator(f"button[value='blocked {entry}']")).to_have_count(0)

    page.goto(f"{portal.address}/q/settings")
    page.check("[name=digest][value=own]")
    page.check("[name=days][value=friday]")
    page.check("[name=hours][value='9']")
    problems += examined(page, name_of("own-settings", language, size))
    page.click("main form .btn-primary")
    expect(page.locator(".alert-success")).to_be_visible()
    expect(page.locator("[name=hours][value='9']")).to_be_checked()

    page.goto(f"{portal.address}/q/readers")
    page.fill("[name=reader-address]", "bob@customer.example")
    page.locator("[name=reader-address] >> xpath=ancestor::form >> css=.btn-primary").click()
    end = page.locator("button[value='alice@customer.example bob@customer.example']")
    expect(end).to_be_visible()
    problems += examined(page, name_of("own-readers", language, size))
    end.click()
    problems += examined(page, name_of("own-readers-end", language, size))
    page.click("main .btn-danger")
    expect(page.locator(".alert-success")).to_be_visible()
    expect(end).to_have_count(0)
    assert problems == []


def test_all_of_it_is_done_with_the_keyboard_alone(portal: Portal, open_page: OpenPage) -> None:
    page = at_held_messages(portal, open_page, "en", PHONE)
    page.locator("input[name=ids]").first.focus()
    page.keyboard.press("Space")
    expect(page.locator("input[name=ids]").first).to_be_checked()
    page.locator(".held-bar button[value=delete]").focus()
    page.keyboard.press("Enter")
    page.locator("main .btn-danger").focus()
    page.keyboard.press("Enter")

    expect(page.locator(".alert-success")).to_be_visible()

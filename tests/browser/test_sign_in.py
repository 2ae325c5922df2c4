"""Signing in as people do it: an initial password, a passkey, a link that comes by mail."""

from __future__ import annotations

import email
import re
import subprocess
import sys
import time
from email.policy import default

import pytest
from playwright.sync_api import Page

from tests.browser.conftest import DESKTOP, PHONE, OpenPage, Portal, examined

pytestmark = pytest.mark.integration

PATIENCE = 120.0


def lazaretto(portal: Portal, *words: str) -> str:
    """Run a command in the demonstration's home; return what it prints."""
    command = [sys.executable, "-m", "lazaretto.cli.main", *words, "--home", str(portal.home)]
    return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()


def with_authenticator(page: Page) -> None:
    """Give the page's browser a platform authenticator whose person agrees to everything."""
    session = page.context.new_cdp_session(page)
    session.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2",
        "transport": "internal",
        "hasResidentKey": True,
        "hasUserVerification": True,
        "isUserVerified": True,
        "automaticPresenceSimulation": True,
    }
    session.send("WebAuthn.addVirtualAuthenticator", {"options": options})


def went_on(page: Page) -> None:
    """Press the button below the recovery codes, and wait for whatever page comes then."""
    with page.expect_navigation(url=lambda address: "/recovery-codes" not in address):
        page.click("main form button.btn-primary")


def link_in_mail(portal: Portal, to: str) -> str:
    """Return the link of the mail to ``to`` that was delivered; a failed test when none comes."""
    deadline = time.monotonic() + PATIENCE
    while True:
        for text in portal.delivered():
            found = email.message_from_string(text, policy=default)
            # What else comes to them, such as lists of what is held, has parts.
            body = found.get_body(("plain",)) if to in str(found["To"]) else None
            if body is not None and (link := re.search(r"https?://\S+/link/\S+", body.get_content())):
                return link[0]
        assert time.monotonic() < deadline, "no mail with a link came"
        time.sleep(0.2)


EVERYWHERE = pytest.mark.parametrize(
    ("language", "size"),
    [pytest.param("en", DESKTOP, id="en-desk"), pytest.param("fr", PHONE, id="fr-phone")],
)


@EVERYWHERE
def test_somebody_new_gets_in_with_an_initial_password_and_a_passkey(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    address = f"eva-{language}@customer.example"
    person = ("--tenant", "demo", "--role", "read-only", "--language", language)
    lazaretto(portal, "account", "add", address, *person)
    initial = lazaretto(portal, "account", "initial-password", address)
    page = open_page(language, size)
    with_authenticator(page)
    wrong = []

    page.goto(f"{portal.address}/sign-in")
    page.fill("[name=email]", address)
    page.fill("[name=password]", initial)
    page.click("main form button.btn-primary")
    page.wait_for_url("**/sign-in/new-password")
    wrong += examined(page, f"new-password-{language}")
    page.fill("[name=new]", "three green umbrellas")
    page.fill("[name=again]", "three green umbrellas")
    page.click("main form button.btn-primary")
    page.wait_for_url("**/second-factors")
    wrong += examined(page, f"enrol-{language}")
    page.click("form[data-passkey=create] button")
    page.wait_for_url("**/recovery-codes")
    wrong += examined(page, f"recovery-codes-{language}")
    went_on(page)
    page.goto(f"{portal.address}/account/security")
    wrong += examined(page, f"security-with-passkey-{language}")
    assert page.url.endswith("/account/security")

    # Signing in again: the passkey alone, and the password with the passkey after it.
    for way in ("passkey", "password"):
        page.context.clear_cookies()
        page.goto(f"{portal.address}/sign-in?next=/account")
        if way == "password":
            page.fill("[name=email]", address)
            page.fill("[name=password]", "three green umbrellas")
            page.click("main form button.btn-primary")
            page.wait_for_url("**/sign-in/second")
            wrong += examined(page, f"second-factor-{language}")
        page.click("form[data-passkey=get] button")
        page.wait_for_url(re.compile(r"//[^/?]+/account$"))
    assert wrong == []


@EVERYWHERE
def test_an_end_user_gets_in_by_a_mailed_link(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int]
) -> None:
    who = {"en": "carla@customer.example", "fr": "bob@customer.example"}[language]
    page = open_page(language, size)
    page.goto(f"{portal.address}/sign-in/link")
    page.fill("[name=email]", who)
    page.click("main form button.btn-primary")
    wrong = examined(page, f"link-sent-{language}")

    link = link_in_mail(portal, who)
    page.goto(link)
    wrong += examined(page, f"link-{language}")
    page.click("main form button.btn-primary")
    page.goto(f"{link.partition('/link/')[0]}/account")

    assert page.get_attribute("html", "lang") == language
    assert who in page.content()
    assert wrong == []


def test_before_harm_a_dialog_asks_and_without_scripts_a_page(portal: Portal, open_page: OpenPage) -> None:
    address = "otto@customer.example"
    lazaretto(portal, "account", "add", address, "--tenant", "demo", "--role", "read-only")
    link = lazaretto(portal, "account", "invite", address)
    page = open_page()
    with_authenticator(page)
    page.goto(link.replace("127.0.0.1", "localhost"))
    page.click("main form button.btn-primary")
    page.fill("[name=new]", "three green umbrellas")
    page.fill("[name=again]", "three green umbrellas")
    page.click("main form button.btn-primary")
    page.click("form[data-passkey=create] button")
    page.wait_for_url("**/recovery-codes")
    went_on(page)
    page.goto(f"{portal.address}/account/security")

    page.click("a[data-dialog]")
    page.wait_for_selector("dialog[open]")
    wrong = examined(page, "confirm-dialog")
    assert page.evaluate("document.activeElement.hasAttribute('data-close')")
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0
    address_of_page = page.get_attribute("a[data-dialog]", "href")
    plain = open_page(scripts=False)
    plain.context.add_cookies(page.context.cookies())
    plain.goto(f"{portal.address}{address_of_page}")
    assert plain.locator("main form button.btn-danger").is_visible()
    plain.click("main form button.btn-danger")
    assert plain.url.endswith("/account/security")
    assert wrong == []

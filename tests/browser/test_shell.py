"""The shell and the sign-in pages as people meet them: two languages, desk and phone, light and dark."""

from __future__ import annotations

import pytest

from tests.browser.conftest import DESKTOP, PHONE, OpenPage, Portal, examined

pytestmark = pytest.mark.integration

LOOKS = pytest.mark.parametrize(
    ("language", "size", "scheme"),
    [
        pytest.param("en", DESKTOP, "light", id="en-desk-light"),
        pytest.param("fr", PHONE, "dark", id="fr-phone-dark"),
        pytest.param("nl", DESKTOP, "dark", id="nl-desk-dark"),
        pytest.param("de", PHONE, "light", id="de-phone-light"),
    ],
)


@LOOKS
def test_pages_before_sign_in_are_open_to_everybody(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int], scheme: str
) -> None:
    page = open_page(language, size, scheme)
    wrong = {}
    for path in ("sign-in", "sign-in/link", "sign-in/forgotten", "link/none", "no-such-page"):
        page.goto(f"{portal.address}/{path}")
        assert page.get_attribute("html", "lang") == language
        wrong[path] = examined(page, f"{path.replace('/', '-')}-{language}-{size[0]}-{scheme}")

    assert {path: problems for path, problems in wrong.items() if problems} == {}


@LOOKS
def test_pages_about_oneself_are_open_to_everybody(
    portal: Portal, open_page: OpenPage, language: str, size: tuple[int, int], scheme: str
) -> None:
    page = open_page(language, size, scheme)
    portal.sign_in(page, "operator")
    wrong = {}
    for path in ("account", "account/security", "account/password", "second-factors", "second-factors/app"):
        page.goto(f"{portal.address}/{path}")
        wrong[path] = examined(page, f"{path.replace('/', '-')}-{language}-{size[0]}-{scheme}")
    page.goto(f"{portal.address}/act-for/demo")
    wrong["act-for"] = examined(page, f"act-for-{language}-{size[0]}-{scheme}")

    assert {path: problems for path, problems in wrong.items() if problems} == {}


def test_errors_of_a_form_are_announced_and_lead_to_their_field(portal: Portal, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(f"{portal.address}/sign-in/forgotten")
    page.fill("[name=email]", "no address")
    page.click("main form button.btn-primary")

    assert page.evaluate("document.activeElement.getAttribute('role')") == "alert"
    assert page.get_attribute("[name=email]", "aria-invalid") == "true"
    described = page.get_attribute("[name=email]", "aria-describedby") or ""
    assert page.locator(f"#{described.split()[-1]}").is_visible()
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    assert page.url.endswith("#id_email")
    assert examined(page) == []


def test_the_keyboard_reaches_everything_and_is_seen(portal: Portal, open_page: OpenPage) -> None:
    page = open_page()
    portal.sign_in(page, "administrator")
    page.goto(f"{portal.address}/account")
    page.evaluate("document.activeElement.blur()")
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "skip-link"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "main"
    outline = "getComputedStyle(document.activeElement).outlineStyle"
    for _key in range(5):
        page.keyboard.press("Tab")
        assert page.evaluate(outline) == "solid", page.evaluate("document.activeElement.outerHTML")


def test_a_menu_opens_and_closes_by_keyboard(portal: Portal, open_page: OpenPage) -> None:
    page = open_page()
    page.goto(f"{portal.address}/sign-in")
    page.focus("details.menu > summary")
    page.keyboard.press("Enter")
    assert page.locator("details.menu[open]").count() == 1
    page.keyboard.press("Escape")
    assert page.locator("details.menu[open]").count() == 0
    assert page.evaluate("document.activeElement.tagName") == "SUMMARY"


def test_language_and_appearance_change_without_scripts(portal: Portal, open_page: OpenPage) -> None:
    page = open_page(scripts=False)
    page.goto(f"{portal.address}/sign-in")
    page.click("details.menu > summary")
    page.click("button[name=language][value=de]")
    assert page.get_attribute("html", "lang") == "de"
    page.click("details.menu > summary")
    page.click("button[name=theme][value=dark]")
    assert page.get_attribute("html", "data-bs-theme") == "dark"


@pytest.mark.parametrize("path", ["sign-in", "account/security"])
def test_a_page_weighs_less_than_300_kb_and_nothing_comes_from_elsewhere(
    portal: Portal, open_page: OpenPage, path: str
) -> None:
    page = open_page()
    portal.sign_in(page, "administrator")
    fresh = open_page()
    fresh.context.add_cookies(page.context.cookies())
    octets, hosts = [], set()
    session = fresh.context.new_cdp_session(fresh)
    session.send("Network.enable")
    session.on("Network.loadingFinished", lambda event: octets.append(event["encodedDataLength"]))
    fresh.on("request", lambda request: hosts.add(request.url.split("/")[2]))
    fresh.goto(f"{portal.address}/{path}", wait_until="networkidle")

    assert sum(octets) < 300_000
    assert hosts == {portal.address.split("/")[2]}

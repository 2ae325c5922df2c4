"""The pictures of the user documentation: taken of the running demonstration, and each page has its own.

``make pictures`` puts them into ``docs/use/pictures``; without that they are taken and thrown away, so that
what the documentation shows can always be reached.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from tests.browser.conftest import OpenPage, Portal

pytestmark = pytest.mark.integration

DOCS = Path(__file__).parents[2] / "docs" / "use"
DESK, HAND = (1180, 760), (390, 780)
MOST = 4_000_000

Go = Callable[[Page, str], None]


def at(path: str) -> Go:
    """Return what opens ``path``."""
    return lambda page, base: page.goto(f"{base}{path}")  # type: ignore[func-returns-value]


def first(path: str, link: str) -> Go:
    """Return what opens ``path`` and the first of its links that begin like ``link``."""

    def go(page: Page, base: str) -> None:
        page.goto(f"{base}{path}")
        address = page.locator(f"main a[href^='{link}']").evaluate_all(
            "(all, link) => all.map((each) => each.getAttribute('href')).find((each) =>"
            " /^[0-9a-f-]{36}$/.test(each.slice(link.length)))",
            link,
        )
        assert address, f"{path} leads to nothing like {link}"
        page.goto(f"{base}{address}")

    return go


PICTURES: dict[str, tuple[str, tuple[int, int], Go]] = {
    "dashboard": ("administrator", DESK, at("/t/demo/dashboard?period=30d")),
    "trace": ("administrator", DESK, at("/t/demo/messages")),
    "message": ("administrator", DESK, first("/t/demo/messages?verdict=phishing", "/t/demo/messages/")),
    "quarantine": ("administrator", DESK, at("/t/demo/quarantine?sort=-quarantined_at")),
    "refused": ("administrator", DESK, at("/t/demo/refused")),
    "audit": ("administrator", DESK, at("/t/demo/audit")),
    "antispam": ("administrator", DESK, at("/t/demo/services/antispam")),
    "go-live": ("administrator", DESK, at("/t/demo/go-live")),
    "own-list": ("end user", HAND, at("/q/")),
    "own-message": ("end user", HAND, first("/q/", "/q/m/")),
    "own-settings": ("end user", HAND, at("/q/settings")),
    "sign-in": ("", DESK, at("/sign-in")),
    "security": ("administrator", DESK, at("/account/security")),
}


@pytest.fixture(scope="module")
def lively(portal: Portal) -> Portal:
    """The demonstration with its whole month of mail."""
    portal.wait_until_filled()
    return portal


@pytest.mark.parametrize("language", ["en", "fr"])
def test_every_picture_can_be_taken(
    lively: Portal, open_page: OpenPage, tmp_path: Path, language: str
) -> None:
    folder = Path(os.environ.get("LAZARETTO_PICTURES") or tmp_path)
    for name, (role, size, go) in PICTURES.items():
        page = open_page(language, size)
        if role:
            lively.sign_in(page, role)
        page.goto(f"{lively.address}/account")
        if page.get_attribute("html", "lang") != language:
            page.locator(f"button[name=language][value={language}]").first.dispatch_event("click")
            expect(page.locator("html")).to_have_attribute("lang", language)
        go(page, lively.address)
        if page.locator("[data-chart]").count():
            expect(page.locator("[data-chart] canvas").first).to_be_visible()
        page.screenshot(path=folder / f"{name}-{language}.png")
        assert page.complaints == []  # type: ignore[attr-defined]
        assert page.locator("main h1, main .page-title, h1").first.is_visible()
        page.context.close()


def test_the_documentation_shows_what_is_there_and_all_of_it() -> None:
    shown = {
        found
        for file in DOCS.rglob("*.md")
        for found in re.findall(r"pictures/([\w-]+\.png)", file.read_text(encoding="utf-8"))
    }
    kept = {file.name: file.stat().st_size for file in (DOCS / "pictures").glob("*.png")}

    assert shown == set(kept) == {f"{name}-{language}.png" for name in PICTURES for language in ("en", "fr")}
    assert sum(kept.values()) < MOST

"""Every page there is, about something real, in a real browser: accessible, narrow, reached by keyboard.

The pages come from the register and the addresses from the links between them (``furnished.py``): a new page
to which no way leads, or about which there is nothing yet, fails the first test here.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any, Final

import pytest

from tests.browser.conftest import AXE, TAGS
from tests.portal.browsing import AGENT, CHROMIUM, listening
from tests.portal.furnished import Furnished, Seen, every_address, page_at

pytestmark = pytest.mark.integration

LEADS_ON: Final = {
    "start": "the first page of the place that somebody may see",
    "own-act": "only takes forms",
    "addresses-remove": "only takes forms",
    "changes-try": "only takes forms",
    "indicator-renew": "only takes forms",
}
"""Pages that show nothing of their own when they are asked for."""
FRAMES: Final = {"quarantine-frame", "own-message-frame"}
"""Pages that are shown within others and have nothing of the shell."""
PARTS: Final = {"go-live-part"}
STRETCHES: Final = 8
"""In how many tests the walk is done: each ends in good time on a busy machine, too."""
MOST_STOPS: Final = 90
"""How many links, buttons and fields of one page are looked for with Tab."""
KEYBOARD: Final = (Path(__file__).parent / "keyboard.js").read_text(encoding="utf-8")
PHONE, DESKTOP = {"width": 360, "height": 740}, {"width": 1280, "height": 800}


@pytest.fixture(scope="module")
def found(furnished: Furnished) -> dict[str, list[Seen]]:
    """Where pages are."""
    return every_address(furnished)


@pytest.fixture(scope="module")
def chromium(found: dict[str, list[Seen]]) -> Iterator[tuple[Any, str]]:
    """Chromium, and the address of the application."""
    from playwright.sync_api import sync_playwright

    with listening() as address, sync_playwright() as driver:
        browser = driver.chromium.launch(
            executable_path=CHROMIUM,
            args=["--no-sandbox", "--disable-gpu", "--disable-background-networking"],
        )
        yield browser, address
        browser.close()


def test_a_way_leads_to_every_page(found: dict[str, list[Seen]]) -> None:
    from lazaretto.web.shell.registry import pages

    assert {card.name for card in pages()} - set(found) == set(LEADS_ON)


def test_every_page_has_one_heading_one_main_part_and_a_way_to_it(found: dict[str, list[Seen]]) -> None:
    wrong = [
        (seen.path, counted)
        for name, places in found.items()
        for seen in places
        if name not in FRAMES | PARTS
        and (
            counted := tuple(
                seen.text.count(each) for each in ("<h1", '<main id="main"', 'class="skip-link"')
            )
        )
        != (1, 1, 1)
    ]

    assert wrong == []


def test_a_list_stands_where_the_test_of_all_tables_finds_it(found: dict[str, list[Seen]]) -> None:
    """``test_every_table.py`` looks at the pages that are about nothing in particular, and so do people."""
    elsewhere = {
        name
        for name, places in found.items()
        for seen in places
        if "table-card" in seen.text and set(page_at(seen.path)[1]) - {"tenant"}
    }

    assert elsewhere == set()


@pytest.fixture(
    scope="module",
    params=[
        pytest.param((PHONE, "dark"), id="phone-dark"),
        pytest.param((DESKTOP, "light"), id="desk-light"),
    ],
)
def walk(request: pytest.FixtureRequest, chromium: tuple[Any, str]) -> Iterator[Walk]:
    """Somebody who looks at pages."""
    with Walk(*chromium, *request.param) as walk:
        yield walk


@pytest.mark.parametrize("stretch", range(STRETCHES))
def test_every_page_is_open_to_everybody(walk: Walk, found: dict[str, list[Seen]], stretch: int) -> None:
    # Of the two addresses that are known of some pages each walk sees another one.
    places = {name: known[0 if walk.is_dark else -1] for name, known in sorted(found.items())}
    mine = [name for number, name in enumerate(places) if number % STRETCHES == stretch]
    wrong = {places[name].path: told for name in mine if (told := walk.look(name, places[name]))}

    assert mine
    assert wrong == {}


class Walk:
    """A walk over pages with one size and one colour scheme, as whoever saw each of them."""

    def __init__(self, browser: Any, address: str, size: dict[str, int], scheme: str) -> None:
        self._browser, self._address = browser, address
        self._size, self._scheme = size, scheme
        self.is_dark = scheme == "dark"
        self._pages: dict[str, Any] = {}
        self._complaints: list[str] = []

    def __enter__(self) -> Walk:
        return self

    def __exit__(self, *_raised: object) -> None:
        for page in self._pages.values():
            page.context.close()

    def look(self, name: str, seen: Seen) -> list[str]:
        """Return what is wrong with a page."""
        page = self._page_of(seen)
        if name == "quarantine-frame":
            self._ask_to_see(page, seen.path.removesuffix("/frame"))
        self._complaints.clear()
        answer = page.goto(f"{self._address}{seen.path}", wait_until="load")
        self._keep_picture(page, name)
        wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        wrong = [] if answer.status == 200 else [f"answered {answer.status}"]
        wrong += [f"{wide} px too wide"] if wide > 0 else []
        if name not in PARTS | FRAMES:
            wrong += self._axe(page)
            wrong += self._keyboard(page)
        return wrong + self._complaints

    def _ask_to_see(self, page: Any, path: str) -> None:
        """Have a message shown once more: that it was asked for counts for some minutes only."""
        page.goto(f"{self._address}{path}")
        button = page.locator("main form[method=post] button.btn-primary")
        if button.count():
            button.first.click()

    def _page_of(self, seen: Seen) -> Any:
        session = seen.browser.session
        if session not in self._pages:
            context = self._browser.new_context(
                viewport=self._size,
                color_scheme=self._scheme,
                locale="en",
                reduced_motion="reduce",
                user_agent=AGENT,
            )
            context.add_cookies(
                [{"name": "lazaretto", "value": session, "url": self._address, "httpOnly": True}]
            )
            page = context.new_page()
            page.on("console", lambda told: self._note(told.type, told.text))
            page.on("pageerror", lambda failure: self._note("error", str(failure)))
            self._pages[session] = page
        return self._pages[session]

    def _note(self, kind: str, text: str) -> None:
        if kind == "error":
            self._complaints.append(text)

    def _axe(self, page: Any) -> list[str]:
        page.evaluate(AXE)
        found = page.evaluate("tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", TAGS)
        return [
            f"{violation['id']}: {node['html'][:160]} ({node['failureSummary'][:300]})"
            for violation in found["violations"]
            for node in violation["nodes"]
        ]

    def _keyboard(self, page: Any) -> list[str]:
        """Press Tab from the top; return what it does not reach, and what does not show it."""
        for _stop in range(page.evaluate(KEYBOARD, MOST_STOPS)):
            page.keyboard.press("Tab")
        told: list[str] = page.evaluate("window.keyboardTold()")
        return told

    def _keep_picture(self, page: Any, name: str) -> None:
        folder = os.environ.get("LAZARETTO_SCREENSHOTS")
        if folder:
            page.screenshot(path=f"{folder}/{name}-{self._size['width']}.png", full_page=True)

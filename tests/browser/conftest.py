"""One running demonstration and one Chromium for all tests here; pages with eyes for what must never be.

``portal`` is the running product, ``open_page(...)`` gives a fresh page in a language, size and appearance,
``portal.sign_in(page, role)`` signs in as one of the demonstration's people, ``examined(page)`` tells what is
wrong with the page that is open: accessibility (axe, WCAG 2.2 AA), anything wider than the window, and
whatever the browser complained about, such as a script that the policy forbids.  Screenshots go to the folder
that ``LAZARETTO_SCREENSHOTS`` names.
"""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect, sync_playwright

from lazaretto.testing.ports import free_port

CHROMIUM = "/usr/bin/chromium"
PATIENCE = 180.0
FILLED = 600.0
AXE = (Path(__file__).parent / "axe.min.js").read_text(encoding="utf-8")
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
PEOPLE = {
    "operator": "operator@platform.example",
    "administrator": "admin@customer.example",
    "viewer": "viewer@customer.example",
    "help-desk": "helpdesk@customer.example",
    "end user": "alice@customer.example",
}
# A busy machine is slow, and no fault of a page.
expect.set_options(timeout=30_000)
DESKTOP, PHONE = (1280, 800), (360, 740)

_WIDEST = """[...document.querySelectorAll("body *")]
  .filter((each) => each.getBoundingClientRect().right > document.documentElement.clientWidth + 1)
  .map((each) => each.outerHTML.slice(0, 120))[0]"""


@dataclass
class Portal:
    """The running demonstration."""

    address: str
    home: Path
    smtp: str
    passwords: dict[str, str]
    _cookies: dict[str, list] = field(default_factory=dict)

    def sign_in(self, page: Page, role: str) -> None:
        """Sign in as one of ``PEOPLE``; the form is filled in once for each, then the session is shared."""
        email = PEOPLE[role]
        if role in self._cookies:
            page.context.add_cookies(self._cookies[role])
            page.goto(f"{self.address}/account")
            if page.url.endswith("/account"):
                return
        page.goto(f"{self.address}/sign-in")
        page.fill("[name=email]", email)
        page.fill("[name=password]", self.passwords[email])
        page.click("main form button.btn-primary")
        page.wait_for_url(lambda address: "/sign-in" not in address)
        self._cookies[role] = [each for each in page.context.cookies() if each["name"] == "lazaretto"]

    def act_for(self, page: Page, tenant: str = "demo") -> None:
        """Let the operator who is signed in act for ``tenant``."""
        page.goto(f"{self.address}/act-for/{tenant}")
        page.click("main form button.btn-primary")

    def wait_until_filled(self) -> None:
        """Return once the whole month of mail is there: what is filled in as old may go while we look."""
        log = self.home / "log" / "demo-fill.log"
        deadline = time.monotonic() + FILLED
        while not log.exists() or "filled:" not in log.read_text(encoding="utf-8", errors="replace"):
            assert time.monotonic() < deadline, "the demonstration was not filled in time"
            time.sleep(0.5)

    def delivered(self) -> list[str]:
        """Return what was delivered to the demonstration's mailbox."""
        found = sorted((self.home / "mailbox").rglob("*"))
        return [path.read_text(encoding="utf-8", errors="replace") for path in found if path.is_file()]


@pytest.fixture(scope="package")
def portal() -> Iterator[Portal]:
    """The demonstration, running on ports of its own."""
    home = Path(tempfile.mkdtemp(prefix="lazaretto-browser-"))
    home.chmod(0o711)
    smtp, mailbox, http = (free_port() for _port in range(3))
    (home / "lazaretto.toml").write_text(
        '[listen]\nhost_name = "mx.gateway.example"\n'
        f'smtp = "127.0.0.1:{smtp}"\nmailbox = "127.0.0.1:{mailbox}"\nhttp = "127.0.0.1:{http}"\n'
        "[web]\nrequests_per_minute = 100000\n",
        encoding="utf-8",
    )
    log = home / "told"
    command = [sys.executable, "-m", "lazaretto.cli.main", "demo", "run", "--home", str(home)]
    with log.open("w") as told:
        process = subprocess.Popen(command, stdout=told, stderr=subprocess.STDOUT, start_new_session=True)
    try:
        deadline = time.monotonic() + PATIENCE
        while "These demo accounts" not in log.read_text(encoding="utf-8"):
            assert process.poll() is None, log.read_text(encoding="utf-8")
            assert time.monotonic() < deadline, log.read_text(encoding="utf-8")
            time.sleep(0.2)
        passwords = dict(re.findall(r"^\s+(\S+@\S+)\s+(\w{4}-\w{4}-\w{4}-\w{4}) ", log.read_text(), re.M))
        yield Portal(f"http://localhost:{http}", home, f"127.0.0.1:{smtp}", passwords)
    finally:
        process.send_signal(signal.SIGINT)
        try:
            process.wait(60)
        except subprocess.TimeoutExpired:
            process.kill()
        shutil.rmtree(home, ignore_errors=True)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """One browser.  Package scope: while it lives, its loop is the thread's, and no other can run."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=CHROMIUM,
            args=[
                "--no-sandbox",
                "--disable-gpu",
                "--disable-background-networking",
                "--disable-dev-shm-usage",
            ],
        )
        yield browser
        browser.close()


OpenPage = Callable[..., Page]


@pytest.fixture
def open_page(chromium: Browser) -> Iterator[OpenPage]:
    """Return what opens a fresh page, without cookies."""
    contexts = []

    def opened(
        language: str = "en", size: tuple[int, int] = DESKTOP, scheme: str = "light", scripts: bool = True
    ) -> Page:
        context = chromium.new_context(
            viewport={"width": size[0], "height": size[1]},
            color_scheme=scheme,  # type: ignore[arg-type]
            locale=language,
            reduced_motion="reduce",
            java_script_enabled=scripts,
        )
        contexts.append(context)
        page = context.new_page()
        page.complaints = []  # type: ignore[attr-defined]
        page.on("console", lambda told: _note(page, told.type, told.text))
        page.on("pageerror", lambda failure: _note(page, "error", str(failure)))
        return page

    yield opened
    for context in contexts:
        context.close()


def _note(page: Page, kind: str, text: str) -> None:
    # That an answer was 404 or 429 is what some tests are about, and no fault of the page.
    if kind == "error" and not text.startswith("Failed to load resource"):
        page.complaints.append(text)  # type: ignore[attr-defined]


def examined(page: Page, name: str = "") -> list[str]:
    """Return what is wrong with the page that is open; ``name`` is its screenshot's."""
    # A page that has only begun to come has nothing to measure yet.
    page.wait_for_load_state()
    folder = os.environ.get("LAZARETTO_SCREENSHOTS")
    if folder and name:
        page.screenshot(path=f"{folder}/{name}.png", full_page=True)
    problems = list(page.complaints)  # type: ignore[attr-defined]
    wide = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
    if wide > 0:
        problems.append(f"{page.url}: {wide} px wider than the window because of {page.evaluate(_WIDEST)}")
    page.evaluate(AXE)
    found = page.evaluate("tags => axe.run(document, {runOnly: tags, resultTypes: ['violations']})", TAGS)
    problems += [
        f"{violation['id']}: {node['html'][:160]} ({node['failureSummary'][:300]})"
        for violation in found["violations"]
        for node in violation["nodes"]
    ]
    return problems

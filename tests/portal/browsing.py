"""A real browser on the real application: pages as people see and use them."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socketserver import ThreadingMixIn
from typing import Any, Final
from uuid import uuid4
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

CHROMIUM: Final = "/usr/bin/chromium"
DESKTOP: Final = {"width": 1280, "height": 900}
PHONE: Final = {"width": 360, "height": 740}
AGENT: Final = "tests"
"""The browser's name, to which a session is bound."""
SCREENSHOTS: Final = os.environ.get("LAZARETTO_SCREENSHOTS", "")
"""Folder for pictures of what the tests saw; empty = none are taken."""


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class _Quiet(WSGIRequestHandler):
    def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the base's own word
        """Say nothing."""


@contextmanager
def listening() -> Iterator[str]:
    """Serve the application on a free port for as long as the block lasts; yield its address."""
    from django.core.wsgi import get_wsgi_application

    from lazaretto.web.shell.texts import load_texts

    load_texts()
    with make_server("127.0.0.1", 0, get_wsgi_application(), _Server, _Quiet) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()


class Surfer:
    """A signed-in person before a screen."""

    def __init__(self, browser: Any, address: str, session: str, size: dict[str, int], language: str) -> None:
        from django.conf import settings

        self.errors: list[str] = []
        self._context = browser.new_context(
            base_url=address, viewport=size, locale=language, has_touch=size is PHONE, user_agent=AGENT
        )
        self._context.add_cookies(
            [{"name": settings.SESSION_COOKIE_NAME, "value": session, "url": address, "httpOnly": True}]
        )
        self._context.set_default_timeout(30_000)
        self.page = self._context.new_page()
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", self._hear)

    def _hear(self, message: Any) -> None:
        if message.type == "error":
            self.errors.append(message.text)

    def go(self, path: str) -> None:
        """Open a page."""
        self.page.goto(path)

    def take_picture(self, name: str) -> None:
        """Keep what is seen, where somebody wants to look at it."""
        if SCREENSHOTS:
            Path(SCREENSHOTS).mkdir(parents=True, exist_ok=True)
            self.page.screenshot(path=f"{SCREENSHOTS}/{name}.png", full_page=True)

    def is_wider_than_the_screen(self) -> bool:
        """Tell whether one has to scroll sideways to read the page."""
        width = self.page.evaluate("document.documentElement.scrollWidth")
        return bool(width > self.page.viewport_size["width"])

    def close(self) -> None:
        """Leave."""
        self._context.close()


def session_of(tenant: str, role: str, language: str) -> str:
    """Return the session key of a new account with ``role``, in ``language``."""
    from lazaretto.store.people.commands import Granted, add_account
    from lazaretto.store.people.console import console_scope
    from lazaretto.store.people.models import Account
    from lazaretto.store.people.sessions import SessionStore, begin

    email = f"{role}-{uuid4().hex[:8]}@people.example"
    add_account(console_scope("test", tenant), email, Granted(role=role), language=language)
    session = SessionStore()
    begin(session, Account.objects.get(email=email), way="test", client="127.0.0.1", agent=AGENT)
    session.save()
    assert session.session_key is not None
    return session.session_key

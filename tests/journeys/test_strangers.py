"""Readers are told who writes to them for the first time, and who borrows a colleague's name."""

from __future__ import annotations

import time

import psycopg
import pytest

from lazaretto.run.database import Database
from lazaretto.run.home import Home
from lazaretto.run.settings import load_settings
from tests.journeys.conftest import PATIENCE, Platform
from tests.journeys.test_first_journeys import a_letter

pytestmark = [pytest.mark.integration, pytest.mark.timeout(300)]

DOCUMENT = """
banners: {first_contact: true}
impersonation: {colleague_names: log}
"""
WARNING = b"has not written to you before"
_NAME = "strangers.example"
_NEWEST = "tenant = (SELECT max(tenant) FROM contact)"


def test_a_stranger_is_told_once_and_a_borrowed_name_is_found(platform: Platform) -> None:
    platform.publish("strangers", _NAME, DOCUMENT)
    first = _symbols(platform, "Eve <eve@known.example>")
    # A tenant whose mail is new cannot tell strangers from acquaintances.
    assert not any(symbol.startswith("FIRST_CONTACT") for symbol, _ in first)
    _wait_for_contacts(platform)
    beginning = f"key BETWEEN 0 AND 999 AND {_NEWEST}"
    _query(platform, f"UPDATE contact SET first_seen = first_seen - 30 WHERE {beginning} RETURNING 1")

    known = _symbols(platform, "Eve <eve@known.example>")
    stranger = _symbols(platform, "Mallory <mallory@unknown.example>", is_warned=True)
    colleague = _symbols(platform, "Carla Vermeer <carla@unknown.example>", is_warned=True)

    assert not any(symbol.startswith("FIRST_CONTACT") for symbol, _ in known)
    assert ("FIRST_CONTACT", "mallory@unknown.example") in stranger
    assert ("FROM_COLLEAGUE_NAME", "Carla Vermeer") in colleague
    assert "FIRST_CONTACT_LURE" in {symbol for symbol, _ in colleague}


def _symbols(platform: Platform, author: str, *, is_warned: bool = False) -> set[tuple[str, str]]:
    """Send a letter, see that its reader is warned, and return what was found in it."""
    address = author.partition("<")[2].rstrip(">")
    identity, _ = platform.send(a_letter(sender=author).as_bytes(), f"bob@{_NAME}", sender=address)
    story = platform.story(identity, "delivered")
    (delivered,) = platform.delivered(identity)
    assert (WARNING in delivered) is is_warned
    return {(each["symbol"], each["evidence"]) for each in story["findings"]}


def _wait_for_contacts(platform: Platform) -> None:
    deadline = time.monotonic() + PATIENCE
    while not _query(platform, f"SELECT 1 FROM contact WHERE key NOT BETWEEN 0 AND 999 AND {_NEWEST}"):
        assert time.monotonic() < deadline, "no contact was noted"
        time.sleep(0.1)


def _query(platform: Platform, text: str) -> list[tuple[object, ...]]:
    home = Home(platform.product.home)
    with psycopg.connect(Database(home, load_settings(home)).dsn("spool")) as connection:
        return connection.execute(text).fetchall()

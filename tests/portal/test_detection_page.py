"""Operators see which rules and detectors do not work, on all machines; nobody else does."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta

import psycopg
import pytest

from lazaretto.intelligence.machine_troubles import ToldTrouble
from lazaretto.run.trouble_texts import in_all_languages
from lazaretto.run.troubles import Kind, Trouble
from lazaretto.store.given import StoreSettings
from lazaretto.store.mailpath import mail_path
from tests.portal.conftest import signed_in_with

NOW = datetime.now(UTC)
BROKEN = in_all_languages(
    Trouble(kind=Kind.LEFT_OUT, about="a.yar:<b>x</b>", problem="no such field", first=NOW, last=NOW, count=1)
)


@pytest.fixture(autouse=True)
def nobody_told(store: StoreSettings) -> Iterator[None]:
    yield
    with psycopg.connect(store.control, autocommit=True) as connection:
        connection.execute("DELETE FROM machine_troubles")


def told(node: int, host: str, *troubles: ToldTrouble, before: timedelta = timedelta()) -> None:
    # Not when this module was read: a long run of tests would find the machine silent.
    path = mail_path()
    path.wait(path.troubles.tell(node, host, troubles, datetime.now(UTC) - before))


def shown() -> str:
    return signed_in_with(None, "operator-administrator").get("/platform/detection").text


def test_where_nothing_was_told_the_page_says_so_and_where_to_look() -> None:
    page = shown()

    assert "No machine has told anything yet" in page
    assert "lazaretto doctor" in page


def test_where_everything_works_the_page_says_so_and_who_was_heard_of() -> None:
    told(1, "mx1.example")

    page = shown()

    assert ("All rules and detectors work" in page, "mx1.example" in page) == (True, True)


def test_what_is_wrong_is_shown_with_its_machine_and_what_to_do() -> None:
    told(1, "mx1.example")
    told(2, "mx2.example", BROKEN)

    page = shown()

    assert "mx2.example" in page
    assert "a.yar:&lt;b&gt;x&lt;/b&gt; is left out (no such field): mend or remove it" in page
    assert "mx1.example" not in page


def test_a_machine_tells_what_is_now_and_nothing_of_before() -> None:
    told(1, "mx1.example", BROKEN)
    told(1, "mx1.example")

    assert "a.yar" not in shown()


def test_a_silent_machine_is_named_and_a_gone_one_is_not() -> None:
    told(1, "mx1.example", before=timedelta(minutes=10))
    told(2, "mx2.example", BROKEN, before=timedelta(days=2))

    page = shown()

    assert "The machine is silent" in page
    assert "mx2.example" not in page


@pytest.mark.parametrize("role", ["tenant-administrator", "auditor"])
def test_no_tenant_sees_it(role: str) -> None:
    assert signed_in_with("acme", role).get("/platform/detection").status == 403

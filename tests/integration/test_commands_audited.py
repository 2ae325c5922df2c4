"""Orders given by command stand in the audit as those given by API do, and a removed row shows."""

from __future__ import annotations

import json
import os
import pwd
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import psycopg
import pytest

from lazaretto.run.database import Database
from lazaretto.run.home import Home
from lazaretto.run.settings import load_settings
from tests.integration.running_product import answer, eventually, infected, queued_as, running_product
from tests.journeys.conftest import Platform
from tests.load.product import LAZARETTO

pytestmark = pytest.mark.integration

WHO = f"command:{pwd.getpwuid(os.getuid()).pw_name}"
DOCUMENT = "tenant: other\ndomains: {other.example: {}}\naddresses: [a@other.example]\n"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with running_product(tmp_path_factory.mktemp("audited"), "[edge]\nbanner_delay = 0.0\n") as made:
        yield made


def said(platform: Platform, *words: str, code: int = 0) -> str:
    command = [LAZARETTO, *words, "--home", platform.product.home]
    plain = {name: value for name, value in os.environ.items() if name != "SUDO_USER"}
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=plain)
    assert done.returncode == code, done.stderr
    return done.stdout


def entries(platform: Platform, *more: str) -> list[dict[str, Any]]:
    return [json.loads(line) for line in said(platform, "audit", "list", "--json", *more).split("\n") if line]


def apply(platform: Platform, folder: Path, text: str) -> None:
    file = folder / "other.yaml"
    file.write_text(text)
    said(platform, "tenant", "apply", str(file))


def test_what_is_applied_rolled_back_and_uploaded_is_told(platform: Platform, tmp_path: Path) -> None:
    apply(platform, tmp_path, DOCUMENT)
    apply(platform, tmp_path, DOCUMENT + "max_message_size: 60\n")
    apply(platform, tmp_path, DOCUMENT + "max_message_size: 60\n")
    said(platform, "tenant", "rollback", "other", "1")
    table = tmp_path / "more.csv"
    table.write_text("b@other.example\n")
    said(platform, "addresses", "upload", "other", str(table))

    uploaded, back, first = entries(platform, "--tenant", "other")

    assert {each["actor"] for each in (uploaded, back, first)} == {WHO}
    assert (first["act"], first["before"], first["after"]) == (
        "tenant.publish",
        {"max_message_size": None},
        {"max_message_size": 60},
    )
    assert (back["before"], back["after"]) == ({"max_message_size": 60}, {"max_message_size": None})
    assert uploaded["after"] == {"addresses": ["a@other.example", "b@other.example"]}
    added = next(
        each for each in entries(platform) if each["act"] == "tenant.add" and each["object"] == "other"
    )
    assert added["after"]["domains"].keys() == {"other.example"}


def test_an_order_that_fails_is_told_as_well(platform: Platform) -> None:
    nobody = str(uuid4())

    said(platform, "queue", "retry", "--tenant", "demo", "--reason", nobody, code=1)
    said(platform, "quarantine", "delete", nobody, "--yes", code=1)

    latest = entries(platform)[0]
    assert (latest["act"], latest["object"]) == ("quarantine.delete", nobody)


def test_deleting_from_quarantine_stands_in_the_chain_of_its_tenant(platform: Platform) -> None:
    identity = queued_as(answer(platform, infected()))
    eventually(lambda: identity in said(platform, "quarantine", "list"))

    said(platform, "quarantine", "delete", identity, "--yes")

    names = said(platform, "tenant", "list").split()
    owner = next(name for name in names if name != "other")
    told = entries(platform, "--tenant", owner)[0]
    assert (told["act"], told["object"], told["actor"]) == ("quarantine.delete", identity, WHO)


def test_indicators_and_bundles_are_told(platform: Platform) -> None:
    number = said(platform, "ioc", "add", "url", "bad.example/kit", "--tenant", "other").split(":")[0][1:]
    said(platform, "ioc", "remove", number, "--tenant", "other")
    said(platform, "bundle", "rollback", "--to", "0")

    removed, added = entries(platform, "--tenant", "other")[:2]
    assert (added["act"], added["after"]["kind"]) == ("indicator.add", "url")
    assert (removed["act"], removed["before"]) == ("indicator.remove", ["url bad.example/kit"])
    assert entries(platform)[0]["act"] == "bundle.rollback"


def test_keys_are_told(platform: Platform, tmp_path: Path) -> None:
    apply(platform, tmp_path, DOCUMENT + "max_message_size: 62\n")
    said(platform, "dkim", "add", "other.example")
    said(platform, "keys", "rotate", "other")

    rotated, added = entries(platform, "--tenant", "other")[:2]
    assert (added["act"], added["object"]) == ("dkim.add", "other.example")
    assert (rotated["act"], rotated["object"], rotated["actor"]) == ("keys.rotate", "other", WHO)


def test_a_removed_row_shows(platform: Platform, tmp_path: Path) -> None:
    apply(platform, tmp_path, DOCUMENT + "max_message_size: 61\n")
    said(platform, "audit", "verify")
    home = Home(Path(platform.product.home))
    with psycopg.connect(Database(home, load_settings(home)).dsn("control")) as connection:
        connection.execute(
            "DELETE FROM audit_entry WHERE (tenant, number) IN"
            " (SELECT tenant, max(number) - 1 FROM audit_entry"
            " WHERE tenant <> 0 GROUP BY tenant ORDER BY max(number) DESC LIMIT 1)"
        )

    assert "is missing" in said(platform, "audit", "verify", code=1)

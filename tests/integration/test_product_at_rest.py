"""At rest nobody can read mail, nothing that somebody needs is deleted, and what nobody needs goes."""

from __future__ import annotations

import asyncio
import base64
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import psycopg
import pytest

from lazaretto.db.server import EmbeddedServer
from lazaretto.run.home import Home
from lazaretto.run.settings import load_settings
from lazaretto.run.spoolroom import spool_room
from lazaretto.spool.housekeeping import Housekeeping
from lazaretto.testing.ports import free_port
from tests.integration.running_product import (
    LARGE,
    answer,
    copies,
    data_directory,
    eventually,
    first_accepted,
    infected,
    letter,
    queue,
    queued_as,
    running_product,
    wrong_balances,
)
from tests.journeys.conftest import Platform
from tests.load.product import SinkProcess

pytestmark = pytest.mark.integration

SETTINGS = """\
[edge]
banner_delay = 0.0
[delivery]
first_delay = 600.0
probes_before_dead = 100
"""
BODY = b"\r\n\r\n"


@dataclass(frozen=True)
class Resting:
    """A platform with one message of each kind at rest; every body has the same token in it."""

    platform: Platform
    token: str
    octets: dict[str, bytes]
    ids: dict[str, str]
    away: int
    """The port of a next hop that does not listen yet."""


def large(octets: bytes) -> bytes:
    return octets + letter(lines=LARGE).partition(BODY)[2]


@pytest.fixture(scope="module")
def resting(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Resting]:
    folder = tmp_path_factory.mktemp("rest")
    token = secrets.token_hex(24)
    away = free_port()
    octets = {
        "delivered": letter(token),
        "delivered large": large(letter(token)),
        "quarantined": infected(token),
        "quarantined large": large(infected(token)),
        "deferred": letter(token),
        "deferred large": large(letter(token)),
    }
    with running_product(folder, SETTINGS) as platform:
        document = platform.product.home / "late.yaml"
        document.write_text(
            "version: 1\ntenant: late\ndomains:\n  late.example:\n"
            f"    routes: [{{host: 127.0.0.1, port: {away}}}]\n"
            "address_registration: enforce\naddresses: [bob@late.example]\n"
        )
        platform.product.command("tenant", "apply", str(document))
        ids = {}
        for name, each in octets.items():
            recipient = "bob@late.example" if name.startswith("deferred") else "bob@one.example"
            ids[name] = queued_as(answer(platform, each, recipient))
        for name, identity in ids.items():
            if not name.startswith("deferred"):
                platform.story(identity, name.partition(" ")[0])
        for name in ("deferred", "deferred large"):
            eventually(lambda name=name: has_failed_once(platform, ids[name]))
        yield Resting(platform, token, octets, ids, away)


def has_failed_once(platform: Platform, identity: str) -> bool:
    return any(event["event"] == "deferred" for event in platform.story(identity, "ready")["events"])


def keep_house(platform: Platform, at: datetime) -> None:
    async def kept() -> None:
        home = Home.at(platform.product.home)
        settings = load_settings(home)
        async with spool_room(home, settings, "test") as room:
            await Housekeeping(room.pool, room.contents, settings.spool).keep(at)

    asyncio.run(kept())


def raw_files_with(folders: tuple[Path, ...], words: tuple[bytes, ...]) -> list[tuple[Path, bytes]]:
    files = {path for folder in folders for path in folder.rglob("*") if path.is_file()}
    return [(path, word) for path in files for word in words if word in path.read_bytes()]


def base64_forms(word: bytes) -> tuple[bytes, ...]:
    """Return what of ``word`` is the same in base64 wherever it stands in a text."""
    forms = []
    for shift in range(3):
        encoded = base64.b64encode(b"x" * shift + word)
        forms.append(encoded[4:-4])
    return tuple(forms)


def contents_in_rows(platform: Platform) -> set[str]:
    with psycopg.connect(EmbeddedServer(platform.product.home).dsn("spool")) as connection:
        rows = connection.execute("SELECT message FROM content UNION SELECT message FROM content_kept")
        return {str(identity) for (identity,) in rows}


def contents_in_files(platform: Platform) -> set[str]:
    return {path.name[:36] for path in (platform.product.home / "content").rglob("*") if path.is_file()}


def test_no_raw_file_of_the_home_or_the_database_shows_a_word_of_any_body(resting: Resting) -> None:
    platform = resting.platform
    with psycopg.connect(EmbeddedServer(platform.product.home).dsn("spool"), autocommit=True) as connection:
        connection.execute("CHECKPOINT")
    word = resting.token.encode()
    forms = (word, *base64_forms(word), base64.b16encode(word), base64.b16encode(word).lower())

    folders = (platform.product.home, data_directory(platform))
    assert raw_files_with(folders, forms) == []
    # That the search would find it: the subject, which the trace shows, is in there.
    assert raw_files_with((data_directory(platform),), (b"minutes",)) != []
    assert raw_files_with((platform.kept,), (word,)) != []


def test_the_trace_shows_the_envelope_of_what_nobody_can_read(resting: Resting) -> None:
    story = resting.platform.story(resting.ids["quarantined large"], "quarantined")

    assert [each["address"] for each in story["recipients"]] == ["bob@one.example"]
    assert story["subject"] == "minutes"
    assert resting.token not in str(story)


def test_content_of_what_was_delivered_goes_and_no_other(resting: Resting) -> None:
    platform = resting.platform
    everything = {name: resting.ids[name] for name in resting.ids}
    before = contents_in_rows(platform) | contents_in_files(platform)
    assert before >= set(everything.values())

    # Three hours on: rows of settled messages are due, and the hour of their content is over.
    keep_house(platform, datetime.now(UTC) + timedelta(hours=3))

    after = contents_in_rows(platform) | contents_in_files(platform)
    assert {name for name, identity in everything.items() if identity in after} == {
        "quarantined",
        "quarantined large",
        "deferred",
        "deferred large",
    }


def test_a_node_whose_clock_is_ahead_does_not_stop_the_others(resting: Resting) -> None:
    keep_house(resting.platform, datetime.now(UTC) + timedelta(hours=3))

    identity, refusals = first_accepted(resting.platform, letter())

    assert len(refusals) <= 1
    copies(resting.platform, identity)


def test_what_rests_is_delivered_to_the_last_octet_when_it_is_released_or_retried(resting: Resting) -> None:
    platform = resting.platform
    held = [resting.ids["quarantined"], resting.ids["quarantined large"]]
    late = [resting.ids["deferred"], resting.ids["deferred large"]]
    sink = SinkProcess.start(platform.product.home, port=resting.away, keep=platform.kept)
    try:
        platform.product.command("quarantine", "release", *held)
        platform.product.command("queue", "retry", *late)
        for name, identity in resting.ids.items():
            (copy,) = copies(platform, identity)
            assert copy.endswith(resting.octets[name]), name
        eventually(lambda: not queue(platform))
    finally:
        sink.stop()

    assert wrong_balances(platform) == []
    for identity in (*held, *late):
        platform.story(identity, "delivered")
    keep_house(platform, datetime.now(UTC) + timedelta(hours=6))
    left = contents_in_rows(platform) | contents_in_files(platform)
    assert left & set(resting.ids.values()) == set()

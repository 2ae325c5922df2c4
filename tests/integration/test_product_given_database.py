"""The whole product on a PostgreSQL that somebody else runs: Debian's 15, named by LAZARETTO_DSN."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from lazaretto.db.binaries import Binaries
from lazaretto.testing.postgresql import ThrowAwayServer, throw_away_server
from tests.integration.running_product import (
    LARGE,
    answer,
    copies,
    data_directory,
    first_accepted,
    infected,
    letter,
    processes,
    queued_as,
    running_product,
    wrong_balances,
)
from tests.journeys.conftest import Platform

pytestmark = pytest.mark.integration

DEBIAN = Path("/usr/lib/postgresql/15/bin")
SETTINGS = "[edge]\nbanner_delay = 0.0\n"


@dataclass(frozen=True)
class Given:
    platform: Platform
    server: ThrowAwayServer


@pytest.fixture(scope="module")
def given(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Given]:
    if not (DEBIAN / "postgres").exists():
        pytest.skip("Debian package postgresql-15 not installed")
    with throw_away_server(Binaries(DEBIAN, 15)) as server, pytest.MonkeyPatch.context() as patch:
        patch.setenv("LAZARETTO_DSN", server.dsn())
        with running_product(tmp_path_factory.mktemp("given"), SETTINGS) as platform:
            yield Given(platform, server)


def test_mail_is_delivered_and_traced_without_a_database_of_our_own(given: Given) -> None:
    octets = {"small": letter(), "large": letter(lines=LARGE)}
    ids = {name: queued_as(answer(given.platform, each)) for name, each in octets.items()}

    for name, identity in ids.items():
        (copy,) = copies(given.platform, identity)
        assert copy.endswith(octets[name])
        assert given.platform.story(identity, "delivered")["verdict"] == "clean"
    assert processes(given.platform, "postgres") == []
    assert not data_directory(given.platform).exists()
    assert {name for (name,) in given.server.sql("SELECT datname FROM pg_database")} >= {
        "control",
        "spool",
        "trace",
    }


def test_quarantine_and_release_work_there(given: Given) -> None:
    octets = infected()
    identity = queued_as(answer(given.platform, octets))
    given.platform.story(identity, "quarantined")
    listed = given.platform.product.command("quarantine", "list", "--json").split("\n")
    assert identity in [json.loads(line)["id"] for line in listed if line]

    given.platform.product.command("quarantine", "release", identity)

    (copy,) = copies(given.platform, identity)
    assert copy.endswith(octets)


def test_a_restart_of_that_server_loses_nothing(given: Given) -> None:
    before = queued_as(answer(given.platform, letter()))
    given.server.stop()
    refused = answer(given.platform, letter())
    given.server.start()

    assert refused.startswith("451 4.3.0")
    identity, refusals = first_accepted(given.platform, letter())
    assert [reply for reply in refusals if not reply.startswith("4")] == []
    copies(given.platform, before)
    copies(given.platform, identity)
    given.platform.story(identity, "delivered")
    assert wrong_balances(given.platform) == []

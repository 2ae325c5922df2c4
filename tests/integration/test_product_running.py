"""What an operator does to a running product: change a tenant, start it twice, stop it and start it again."""

from __future__ import annotations

import asyncio
import json
import secrets
import smtplib
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from lazaretto.testing.ports import free_port
from tests.integration.running_product import (
    PATIENCE,
    all_arrive,
    answer,
    copies,
    eventually,
    infected,
    letter,
    queued_as,
    running_product,
    wrong_balances,
)
from tests.journeys.conftest import Platform
from tests.load.product import LAZARETTO, Product, SinkProcess
from tests.load.sender import Ledger, send_all

pytestmark = pytest.mark.integration

SETTINGS = """\
[edge]
banner_delay = 0.0
[delivery]
first_delay = 1.0
longest_delay = 2.0
"""
IN_FORCE_WITHIN = 60.0
"""Seconds; five are promised.  A machine with other work must not decide this test: what it finds is a
process that never follows."""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with running_product(tmp_path_factory.mktemp("running"), SETTINGS) as made:
        yield made


def publish(platform: Platform, addresses: str, port: int, more: str = "") -> float:
    """Apply a document of tenant ``changing``; return how many seconds that took."""
    document = platform.product.home / "changing.yaml"
    document.write_text(
        "version: 1\ntenant: changing\ndomains:\n  changing.example:\n"
        f"    routes: [{{host: 127.0.0.1, port: {port}}}]\n"
        f"address_registration: enforce\naddresses: [{addresses}]\n{more}\n"
    )
    began = time.monotonic()
    platform.product.command("tenant", "apply", str(document))
    return time.monotonic() - began


def run_in(home: Path) -> subprocess.CompletedProcess[str]:
    """Start a product in ``home`` that is expected to refuse."""
    command = [LAZARETTO, "run", "--home", home, "--smtp", f"127.0.0.1:{free_port()}"]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)


def test_a_change_is_in_force_at_the_edge_and_in_the_workers_without_a_restart(platform: Platform) -> None:
    publish(platform, "bob@changing.example", platform.sink.port)
    assert answer(platform, letter(), "ann@changing.example").startswith("550 5.1.1")
    first = queued_as(answer(platform, letter(), "bob@changing.example"))
    versions = [_version_that_judged(platform, first)]

    for blocked in (True, False):
        more = "blocked_senders: [ann@partner.example]" if blocked else ""
        took = publish(platform, "ann@changing.example", platform.sink.port, more)
        reply = answer(platform, letter(), "ann@changing.example")
        assert took < IN_FORCE_WITHIN
        assert answer(platform, letter(), "bob@changing.example").startswith("550 5.1.1")
        assert reply.startswith("550 5.7.1" if blocked else "250")

    versions.append(_version_that_judged(platform, queued_as(reply)))
    assert versions == [1, 3]


def test_a_new_route_is_taken_at_once_also_by_mail_that_waits_for_the_old_one(platform: Platform) -> None:
    nobody = free_port()
    publish(platform, "bob@changing.example", nobody)
    waiting = queued_as(answer(platform, letter(), "bob@changing.example"))
    eventually(lambda: "deferred" in _events(platform, waiting))

    new = SinkProcess.start(platform.product.home, keep=platform.kept)
    try:
        assert publish(platform, "bob@changing.example", new.port) < IN_FORCE_WITHIN
        fresh = queued_as(answer(platform, letter(), "bob@changing.example"))
        copies(platform, fresh)
        copies(platform, waiting)
        assert {identity for _, _, _, identity in new.received()} == {waiting, fresh}
        assert not {fresh, waiting} & {identity for _, _, _, identity in platform.sink.received()}
    finally:
        new.stop()


def test_a_second_start_in_the_same_home_is_refused_and_disturbs_nothing(platform: Platform) -> None:
    done = run_in(platform.product.home)

    assert done.returncode != 0
    assert f"runs already in {platform.product.home}" in done.stderr
    assert "Traceback" not in done.stderr
    copies(platform, queued_as(answer(platform, letter())))


def test_a_settings_file_with_an_unknown_key_refuses_to_start_and_names_the_key(tmp_path: Path) -> None:
    (tmp_path / "lazaretto.toml").write_text("[edge]\nbaner_delay = 0.0\n[quarantene]\nx = 1\n")

    done = run_in(tmp_path)

    assert done.returncode != 0
    assert "edge.baner_delay" in done.stderr
    assert "quarantene" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_stop_in_the_middle_of_traffic_loses_nothing_and_doubles_nothing(platform: Platform) -> None:
    ledger = Ledger()
    wanted = 300
    mark = secrets.token_hex(4)
    every = {f"{mark}-{number}": letter(f"{mark}-{number}") for number in range(wanted)}

    async def until_stopped() -> None:
        messages = ((name, "bob@one.example", octets) for name, octets in every.items())
        sending = asyncio.create_task(send_all(platform.product.port, messages, ledger, connections=6))
        while len(ledger.accepted) < wanted // 3:
            await asyncio.sleep(0.005)
        await asyncio.to_thread(platform.product.stop)
        await sending

    asyncio.run(until_stopped())
    accepted_before = set(ledger.accepted)
    assert wanted // 3 <= len(accepted_before) < wanted
    assert set(ledger.answers) <= {"250", "421", "lost"}

    platform.product = Product.start(platform.product.home)

    rest = (
        (name, "bob@one.example", octets) for name, octets in every.items() if name not in accepted_before
    )
    asyncio.run(send_all(platform.product.port, rest, ledger, connections=6, retry=True))

    assert set(ledger.accepted) == set(every)
    assert set(all_arrive(platform, ledger).values()) == {1}
    assert wrong_balances(platform) == []
    assert "one" in _lines(platform, "tenant", "list")


def test_after_a_kill_mail_is_taken_before_the_rest_stands_and_all_the_same_looked_at(
    platform: Platform,
) -> None:
    home, port = platform.product.home, platform.product.port
    platform.product.process.kill()
    platform.product.process.wait()

    def send_at_once() -> tuple[float, str, str]:
        while True:
            try:
                with smtplib.SMTP("127.0.0.1", port, timeout=10):
                    greeted = time.monotonic()
                return greeted, answer(platform, letter()), answer(platform, infected())
            except (OSError, smtplib.SMTPException):
                time.sleep(0.02)

    with ThreadPoolExecutor(1) as threads:
        sending = threads.submit(send_at_once)
        platform.product = Product.start(home, port=port)
        ready = time.monotonic()
        greeted, clean, infected_one = sending.result(PATIENCE)

    assert greeted < ready
    assert copies(platform, queued_as(clean))
    assert platform.story(queued_as(infected_one), "quarantined")
    assert platform.delivered(queued_as(infected_one)) == []


def _events(platform: Platform, identity: str) -> list[str]:
    lines = _lines(platform, "trace", "--id", identity, "--json")
    return [event["event"] for line in lines for event in json.loads(line)["events"]]


def _version_that_judged(platform: Platform, identity: str) -> int:
    story = platform.story(identity, "delivered")
    (scanned,) = (event for event in story["events"] if event["event"] == "scanned")
    return int(scanned["versions"]["tenant:changing"])


def _lines(platform: Platform, *words: str) -> list[str]:
    return [line for line in platform.product.command(*words).split("\n") if line]

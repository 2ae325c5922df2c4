"""Nobody looks at mail for a while: it is accepted, goes nowhere, and is looked at before it goes."""

from __future__ import annotations

import asyncio
import os
import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import pytest

from lazaretto.core.decision import Judgement
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.registry import detectors
from lazaretto.detect.settings import DetectSettings
from lazaretto.mail.octets import Octets
from lazaretto.pipeline.looking import Inspector
from lazaretto.pipeline.serving import Worker
from lazaretto.pipeline.settings import PipelineSettings
from lazaretto.pipeline.station import Station
from lazaretto.pipeline.wire import LookRequest
from lazaretto.run.home import Home
from tests.integration.running_product import (
    LARGE,
    answer,
    copies,
    eventually,
    infected,
    letter,
    processes,
    queue,
    queued_as,
    running_product,
    wrong_balances,
)
from tests.journeys.conftest import Platform
from tests.load.sender import Ledger, send_all

pytestmark = pytest.mark.integration

SETTINGS = """\
[edge]
banner_delay = 0.0
[scan]
time_budget = 1.0
"""
DEADLY = b"this word is too much for a parser"


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    with running_product(tmp_path_factory.mktemp("unscanned"), SETTINGS) as made:
        yield made


@contextmanager
def hanging_scanners(platform: Platform) -> Iterator[None]:
    """Hold the station and all its workers."""
    held = processes(platform, "scan")
    for pid in held:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in held:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def dying_scanners(platform: Platform) -> Iterator[None]:
    """Kill whatever looks at mail as soon as it is there."""
    enough = threading.Event()

    def kill() -> None:
        while not enough.wait(0.02):
            for pid in processes(platform, "scan"):
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    try:
        eventually(lambda: not processes(platform, "scan"))
        yield
    finally:
        enough.set()
        killer.join()


@contextmanager
def deadly_word(platform: Platform) -> Iterator[None]:
    """Put a station in the place of the product's, whose workers die over one word."""
    settings = PipelineSettings(workers=2)
    inspector = Inspector(tuple(detectors(DetectSettings())), {"rules": "test"}, "mx.example")

    def look(request: LookRequest, octets: Octets, snapshots: dict[TenantId, TenantSnapshot]) -> Judgement:
        if octets.find(DEADLY, 0, len(octets)) >= 0:
            os.kill(os.getpid(), signal.SIGKILL)
        return inspector.look_and_judge(request, octets, snapshots)

    theirs = processes(platform, "scan")
    sockets = Home.at(platform.product.home).sockets
    with hanging_scanners(platform):
        crowd = sockets / "scan.sock"
        before = crowd.stat().st_ino
        child = os.fork()
        if child == 0:
            try:
                Station(sockets, settings, lambda: Worker(look).serve).run()
            finally:
                os._exit(0)
        eventually(lambda: _inode(crowd) not in (0, before) and _inode(sockets / "scan-alone.sock"))
        try:
            yield
        finally:
            os.kill(child, signal.SIGTERM)
            os.waitpid(child, 0)
            for pid in theirs:
                os.kill(pid, signal.SIGKILL)


def _inode(path: Path) -> int:
    try:
        return path.stat().st_ino
    except FileNotFoundError:
        return 0


def test_a_station_that_is_killed_at_work_casts_no_suspicion_on_the_mail_it_had(platform: Platform) -> None:
    ledger = Ledger()
    wanted = 150

    async def traffic() -> None:
        messages = ((f"k{number}", "bob@one.example", letter()) for number in range(wanted))
        sending = asyncio.create_task(send_all(platform.product.port, messages, ledger, connections=6))
        for kill in range(3):
            while len(ledger.accepted) < 20 + 40 * kill or not processes(platform, "scan"):
                await asyncio.sleep(0.01)
            os.kill(processes(platform, "scan")[0], signal.SIGKILL)
        await sending

    asyncio.run(traffic())

    assert ledger.answers == {"250": wanted}
    eventually(lambda: not queue(platform))
    resting = platform.product.command("quarantine", "list", "--json")
    assert [identity for identity in ledger.queued_as.values() if identity in resting] == []
    assert [each for each in ledger.queued_as.values() if len(copies(platform, each)) != 1] == []


@pytest.mark.parametrize("without_scanners", [hanging_scanners, dying_scanners])
def test_without_scanners_mail_is_accepted_and_goes_nowhere_until_somebody_looked(
    platform: Platform, without_scanners: Callable[[Platform], Iterator[None]]
) -> None:
    large = letter(lines=LARGE)
    with without_scanners(platform):  # type: ignore[attr-defined]
        clean = queued_as(answer(platform, letter()))
        clean_large = queued_as(answer(platform, large))
        bad = queued_as(answer(platform, infected()))
        for identity in (clean, clean_large, bad):
            platform.story(identity, "received")
        # Several rounds of the process that looks at what was not looked at.
        time.sleep(3)
        assert [each for each in (clean, clean_large, bad) if platform.delivered(each)] == []

    story = platform.story(bad, "quarantined")
    assert story["verdict"] == "malware"
    platform.story(clean, "delivered")
    platform.story(clean_large, "delivered")
    assert len(platform.delivered(clean)) == 1
    (copy,) = platform.delivered(clean_large)
    assert copy.endswith(large)
    assert platform.delivered(bad) == []
    eventually(lambda: not queue(platform))
    assert wrong_balances(platform) == []


def test_a_message_that_kills_its_worker_is_quarantined_as_unscannable_and_others_are_looked_at(
    platform: Platform,
) -> None:
    token = secrets.token_hex(8)
    with deadly_word(platform):
        deadly = queued_as(answer(platform, letter(DEADLY.decode() + token)))
        clean = queued_as(answer(platform, letter()))
        story = platform.story(deadly, "quarantined")
        copies(platform, clean)

    assert story["verdict"] == "unscannable"
    assert platform.delivered(deadly) == []
    (copy,) = copies(platform, queued_as(answer(platform, letter(token))))
    assert token.encode() in copy
    assert wrong_balances(platform) == []

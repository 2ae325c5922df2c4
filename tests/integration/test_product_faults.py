"""Database or content store away or full: a temporary answer, never a lie, and mail flows again."""

from __future__ import annotations

import asyncio
import os
import re
import secrets
import signal
import subprocess
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import psycopg
import pytest

from lazaretto.run.database import Database
from lazaretto.run.home import Home
from lazaretto.run.settings import Settings
from tests.integration.running_product import (
    LARGE,
    PATIENCE,
    all_arrive,
    answer,
    copies,
    eventually,
    first_accepted,
    letter,
    processes,
    queue,
    queued_as,
    running_product,
    wrong_balances,
)
from tests.journeys.conftest import Platform
from tests.load.product import LAZARETTO
from tests.load.sender import Ledger, send_all

pytestmark = pytest.mark.integration

COMMIT_TIMEOUT = 2.0
FILLER = 8 << 30
SETTINGS = """\
[spool]
commit_timeout = {timeout}
[edge]
banner_delay = 0.0
[delivery]
first_delay = 1.0
longest_delay = 2.0
[content]
least_free_messages = 0.0
least_free_inodes = 0.0
least_free_share = {share}
reopen_at = 1.0
"""


@pytest.fixture(scope="module")
def platform(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Platform]:
    """A product that closes when half a filler is written to its disk."""
    folder = tmp_path_factory.mktemp("faults")
    disk = os.statvfs(folder)
    share = (disk.f_bavail - FILLER // 2 // disk.f_frsize) / disk.f_blocks
    with running_product(folder, SETTINGS.format(timeout=COMMIT_TIMEOUT, share=share)) as made:
        yield made


@contextmanager
def held(pids: list[int]) -> Iterator[None]:
    """Hold processes as a machine that hangs does."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            os.kill(pid, signal.SIGCONT)


@contextmanager
def without_room(folder: Path) -> Iterator[None]:
    """Let nothing more be written into ``folder``: a full file system over it, or no permission."""
    if os.getuid() == 0:
        options = "size=4k,nr_inodes=1,mode=0700"
        subprocess.run(["mount", "-t", "tmpfs", "-o", options, "tmpfs", folder], check=True)
        try:
            yield
        finally:
            subprocess.run(["umount", folder], check=True)
    else:
        folder.chmod(0o500)
        try:
            yield
        finally:
            folder.chmod(0o700)


def arrivals(platform: Platform, token: str) -> int:
    return sum(token.encode() in path.read_bytes() for path in platform.kept.iterdir())


def is_temporary(reply: str) -> bool:
    return reply.startswith("4")


def test_the_very_first_message_does_not_wait_without_end_for_a_database_that_hangs(
    platform: Platform,
) -> None:
    with held(processes(platform, "postgres")):
        # It is answered while the database hangs: nobody waits for it.
        reply = answer(platform, letter())

    assert reply.startswith("451 4.3.0")
    first_accepted(platform, letter())


def test_a_database_that_hangs_is_answered_451_and_what_was_put_off_is_not_delivered_twice(
    platform: Platform,
) -> None:
    token = secrets.token_hex(16)
    with held(processes(platform, "postgres")):
        reply = answer(platform, letter(token))

    assert reply.startswith("451 4.3.0")
    identity, _ = first_accepted(platform, letter(token))
    copies(platform, identity)
    eventually(lambda: not queue(platform))
    assert arrivals(platform, token) == 1
    assert wrong_balances(platform) == []


def test_traffic_outlives_a_database_that_hangs_for_seconds(platform: Platform) -> None:
    ledger = Ledger()
    wanted = 120

    async def traffic() -> None:
        messages = ((f"h{number}", "bob@one.example", letter(f"h{number}")) for number in range(wanted))
        sending = asyncio.create_task(
            send_all(platform.product.port, messages, ledger, connections=4, retry=True)
        )
        while len(ledger.accepted) < wanted // 4:
            await asyncio.sleep(0.01)
        with held(processes(platform, "postgres")):
            await asyncio.sleep(2 * COMMIT_TIMEOUT)
        async with asyncio.timeout(PATIENCE):
            await sending

    asyncio.run(traffic())

    arrived = all_arrive(platform, ledger)
    assert set(ledger.answers) <= {"250", "451", "452"}
    assert ledger.answers["451"] > 0
    # At most those whose commit was under way at the moment of the fault: one per connection.
    assert sum(arrived.values()) <= wanted + 4
    assert wrong_balances(platform) == []


def test_a_database_that_is_killed_comes_back_by_itself(platform: Platform) -> None:
    before_the_kill = queued_as(answer(platform, letter()))
    os.kill(processes(platform, "postgres")[0], signal.SIGKILL)

    identity, refusals = first_accepted(platform, letter())

    assert [reply for reply in refusals if not is_temporary(reply)] == []
    copies(platform, before_the_kill)
    copies(platform, identity)
    eventually(lambda: not queue(platform))
    assert wrong_balances(platform) == []


def test_without_room_for_large_content_a_large_message_is_put_off_and_a_small_one_flows(
    platform: Platform,
) -> None:
    large = letter(lines=LARGE)
    with without_room(platform.product.home / "content"):
        large_reply = answer(platform, large)
        small = queued_as(answer(platform, letter()))
        copies(platform, small)

    assert is_temporary(large_reply)
    (copy,) = copies(platform, queued_as(answer(platform, large)))
    assert copy.endswith(large)
    assert wrong_balances(platform) == []


def test_without_room_for_what_is_being_received_a_large_message_is_put_off(platform: Platform) -> None:
    large = letter(lines=LARGE)
    with ExitStack() as stack:
        for folder in (platform.product.home / "tmp").glob("*/"):
            stack.enter_context(without_room(folder))
        large_reply = answer(platform, large)
        small = queued_as(answer(platform, letter()))

    assert is_temporary(large_reply)
    copies(platform, small)
    copies(platform, queued_as(answer(platform, large)))


def test_a_torn_file_is_set_aside_with_an_alert_and_never_delivered(platform: Platform) -> None:
    home = platform.product.home
    identity = queued_as(answer(platform, letter(lines=LARGE), recipient="later@one.example"))
    (file,) = eventually(lambda: list((home / "content").rglob(f"{identity}-*")))
    file.write_bytes(file.read_bytes()[:-5_000])

    (aside,) = eventually(lambda: list((home / "corrupt").glob("*")))
    try:
        assert identity in aside.name
        assert not file.exists()
        assert eventually(lambda: "is damaged" in last_reply(platform, identity))
        assert "stored content is damaged" in (home / "log" / "deliver.log").read_text()
        assert "WRONG  stored mail" in doctor(platform)
        assert platform.delivered(identity) == []
        # Others do not notice.
        copies(platform, queued_as(answer(platform, letter(lines=LARGE))))
    finally:
        eventually(lambda: is_deleted(platform, identity))
        aside.unlink()
    assert "right  stored mail" in doctor(platform)


def last_reply(platform: Platform, identity: str) -> str:
    return next((str(row["last_reply"]) for row in queue(platform) if row["id"] == identity), "")


def is_deleted(platform: Platform, identity: str) -> bool:
    """Delete a message; what is just being tried cannot be deleted."""
    try:
        platform.product.command("queue", "delete", identity, "--yes")
    except RuntimeError:
        return False
    return True


def doctor(platform: Platform) -> str:
    words: list[str | Path] = [LAZARETTO, "doctor", "--home", platform.product.home]
    return subprocess.run(words, capture_output=True, text=True, check=False).stdout


def connections_told(platform: Platform) -> tuple[int, int, int]:
    """Return how many connections are in use, allowed, and needed at most, as ``lazaretto doctor`` says."""
    (line,) = [each for each in doctor(platform).split("\n") if "  connections" in each]
    used, allowed, needed = map(int, re.findall(r"[0-9]+", line)[:3])
    return used, allowed, needed


def test_a_node_has_no_more_connections_than_it_says_and_without_one_left_that_is_said(
    platform: Platform,
) -> None:
    first_accepted(platform, letter())
    used, allowed, needed = connections_told(platform)
    assert used <= needed < allowed
    dsn = Database(Home(platform.product.home), Settings()).dsn("spool")
    with ExitStack() as taken:
        with pytest.raises(psycopg.OperationalError):
            while True:
                taken.enter_context(psycopg.connect(dsn))
        with pytest.raises(RuntimeError, match="no connection is left; raise max_connections"):
            queue(platform)

    first_accepted(platform, letter())


def test_below_the_watermark_mail_is_turned_away_at_mail_until_there_is_room_again(
    platform: Platform,
) -> None:
    filler = platform.product.home / "filler"
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, FILLER)
    try:
        reply = eventually(lambda: (said := answer(platform, letter())).startswith("4") and said)
    finally:
        filler.unlink()

    assert reply.startswith("452 4.3.1")
    identity, refusals = first_accepted(platform, letter())
    assert [each for each in refusals if not each.startswith("452 4.3.1")] == []
    copies(platform, identity)

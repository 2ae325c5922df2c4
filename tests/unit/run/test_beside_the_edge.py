"""What goes on beside the edge: notices are committed, counters are written, and neither stops mail."""

from __future__ import annotations

import asyncio
from pathlib import Path
from uuid import UUID

from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.queued import ComposedMessage
from lazaretto.edge.counters import Counters
from lazaretto.run.counting import keep_counters, read_counters, write_counters
from lazaretto.run.notifying import MOST_WAITING, Notifier


def a_notice(number: int) -> ComposedMessage:
    return ComposedMessage(
        id=MessageId(UUID(int=number)),
        tenant=TenantId(1),
        reverse_path="",
        recipients=("bob@customer.example",),
        octets=b"\r\n",
    )


async def test_notices_are_committed_in_order_and_a_failure_stops_none_behind_it() -> None:
    committed: list[int] = []

    async def commit(notice: ComposedMessage) -> None:
        if notice.id.int == 2:
            raise TemporaryFailure("the database is away")
        committed.append(notice.id.int)

    notifier = Notifier(commit)
    notifier.start()
    for number in (1, 2, 3):
        notifier.notify(a_notice(number))
    await notifier.stop()

    assert committed == [1, 3]


async def test_a_flood_of_notices_is_bounded_and_never_waits() -> None:
    committed: list[int] = []

    async def commit(notice: ComposedMessage) -> None:
        committed.append(notice.id.int)

    notifier = Notifier(commit)
    for number in range(MOST_WAITING + 100):
        notifier.notify(a_notice(number))
    notifier.start()
    await notifier.stop()

    assert committed == list(range(MOST_WAITING))


def test_counters_are_read_back_as_they_were(tmp_path: Path) -> None:
    counters = Counters(messages=3)
    counters.refused("relaying denied")
    write_counters(tmp_path / "edge-counters.json", counters)

    counted = read_counters(tmp_path / "edge-counters.json")

    assert counted is not None
    assert counted.counters["messages"] == 3
    assert counted.counters["refusals"] == {"relaying denied": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["edge-counters.json"]


def test_a_missing_or_broken_file_is_no_counters(tmp_path: Path) -> None:
    broken = tmp_path / "broken"
    broken.write_text("{")

    assert read_counters(tmp_path / "missing") is None
    assert read_counters(broken) is None


async def test_a_folder_that_is_gone_does_not_end_the_counting(tmp_path: Path) -> None:
    task = asyncio.create_task(keep_counters(tmp_path / "gone" / "file", Counters()))
    await asyncio.sleep(0)
    await asyncio.sleep(0)

    assert not task.done()
    task.cancel()

"""An edge that is told to stop finishes what it began, and never says 250 for what it did not keep."""

from __future__ import annotations

import asyncio

import pytest
from structlog.testing import capture_logs

from tests.dialogs.conversation import eventually
from tests.dialogs.held_by_hand import called, ready_for_data, said, staged


async def test_an_idle_client_is_told_to_come_back() -> None:
    async with staged() as stage:
        line = await called(stage)

        await stage.edge.drain()

        assert (await line.reply()).startswith("421 4.3.2")
        assert await line.end() == b""


async def test_nobody_is_let_in_any_more() -> None:
    async with staged() as stage:
        address = stage.edge.addresses[0]
        await stage.edge.drain()

        with pytest.raises(OSError):
            await asyncio.open_connection(address.host, address.port)


async def test_a_message_in_progress_is_finished_first() -> None:
    async with staged() as stage:
        stage.spool.commit_waits = asyncio.Event()
        line = await called(stage)
        await ready_for_data(line)
        draining = asyncio.ensure_future(stage.edge.drain())
        await asyncio.sleep(0)
        line.writer.write(b"Subject: x\r\n\r\nlate\r\n.\r\n")
        stage.spool.commit_waits.set()

        assert (await line.reply()).startswith("250 2.0.0 Queued")
        assert (await line.reply()).startswith("421 4.3.2")
        await draining
        assert len(stage.spool.kept) == 1


async def test_a_message_that_takes_too_long_is_left_to_its_sender() -> None:
    async with staged(drain_timeout=0.1) as stage:
        stage.spool.commit_waits = asyncio.Event()
        line = await called(stage)
        await ready_for_data(line)
        line.writer.write(b"Subject: x\r\n\r\nlate\r\n.\r\n")

        await stage.edge.drain()
        await stage.edge.close()

        assert await line.end() == b""
        assert not stage.spool.kept
        assert stage.spool.open_contents == 0


async def test_a_look_that_takes_too_long_ends_in_acceptance_without_a_look() -> None:
    async with staged(look_timeout=0.1) as stage:
        stage.spool.look_waits = asyncio.Event()
        line = await called(stage)
        await ready_for_data(line)

        with capture_logs() as lines:
            assert (await said(line, b"Subject: x\r\n\r\n\r\n.\r\n")).startswith("250")
        ((submission, judgement),) = stage.spool.kept
        assert judgement is None
        assert stage.edge.counters.unscanned == 1
        assert str(submission.id) in [line.get("message") for line in lines]


async def test_a_commit_that_takes_too_long_is_no_acceptance() -> None:
    async with staged(reply_timeout=0.1) as stage:
        stage.spool.commit_waits = asyncio.Event()
        line = await called(stage)
        await ready_for_data(line)

        assert (await said(line, b"Subject: x\r\n\r\n\r\n.\r\n")).startswith("451 4.3.0")
        assert not stage.spool.kept


async def test_a_client_that_left_during_the_look_has_sent_nothing() -> None:
    async with staged() as stage:
        stage.spool.look_waits = asyncio.Event()
        line = await called(stage)
        await ready_for_data(line)
        line.writer.write(b"Subject: x\r\n\r\n\r\n.\r\n")
        await eventually(lambda: _check(stage.spool.open_contents == 1))
        line.writer.close()
        await line.writer.wait_closed()
        await asyncio.sleep(0.05)
        stage.spool.look_waits.set()

        await eventually(lambda: _check(stage.edge.counters.open_sessions == 0))
        assert not stage.spool.kept


async def test_a_fault_of_ours_ends_one_session_only() -> None:
    async with staged() as stage:
        stage.spool.commit_fails = ZeroDivisionError()
        line = await called(stage)
        other = await called(stage)
        await ready_for_data(line)

        assert (await said(line, b"Subject: x\r\n\r\n\r\n.\r\n")).startswith("421 4.3.0")
        assert await line.end() == b""
        assert (await said(other, b"NOOP\r\n")).startswith("250")
        assert stage.edge.counters.refusals["internal fault"] == 1


def _check(holds: bool) -> None:
    assert holds


async def test_what_is_sent_ahead_waits_in_the_network() -> None:
    async with staged(receive_buffer=65_536) as stage:
        stage.spool.commit_waits = asyncio.Event()
        line = await called(stage)
        await ready_for_data(line)
        line.writer.write(b"Subject: x\r\n\r\n\r\n.\r\n" + b"NOOP " + b"x" * 3_000_000)
        await eventually(lambda: _check(stage.spool.open_contents == 1))
        await asyncio.sleep(0.2)

        (session,) = stage.edge._sessions.values()
        assert len(session.wire._buffer) < 1_000_000
        stage.spool.commit_waits.set()
        assert (await line.reply()).startswith("250 2.0.0 Queued")
        assert (await line.reply()).startswith("500 5.5.2 line too long")

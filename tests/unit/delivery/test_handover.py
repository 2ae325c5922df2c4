"""Copies cross the socket whole; whatever the other end does, the sender never waits."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

import pytest

from lazaretto.core.decision import Splice
from lazaretto.core.queued import QueuedCopy
from lazaretto.delivery import handover
from lazaretto.delivery.handover import MAX_INLINE, HandoverClient, HandoverServer
from lazaretto.testing.copies import MESSAGE, a_copy


class Taker:
    """Keeps what is handed over."""

    def __init__(self) -> None:
        self.parcels: list[tuple[QueuedCopy, bytes | None]] = []
        self._came = asyncio.Event()

    def __call__(self, copy: QueuedCopy, octets: bytes | None) -> None:
        self.parcels.append((copy, octets))
        self._came.set()

    async def count(self, wanted: int) -> None:
        async with asyncio.timeout(60):
            while len(self.parcels) < wanted:
                self._came.clear()
                await self._came.wait()


async def connected(client: HandoverClient) -> None:
    async with asyncio.timeout(60):
        while not client.is_connected:
            await asyncio.sleep(0.01)


@pytest.fixture
def socket(tmp_path: Path) -> Path:
    return tmp_path / "handover"


async def test_copies_arrive_as_they_were(socket: Path) -> None:
    taker = Taker()
    server, client = HandoverServer(socket, taker), HandoverClient(socket)
    await server.start()
    await client.start()
    await connected(client)
    copies = [a_copy(splices=(Splice(0, 1, b"x\xff"),)), a_copy("ö@customer.example")]

    assert all([client.offer(copies[0], MESSAGE), client.offer(copies[1], None)])
    await taker.count(2)

    assert taker.parcels == [(copies[0], MESSAGE), (copies[1], None)]
    assert socket.stat().st_mode & 0o777 == 0o600
    await client.stop()
    await server.stop()


async def test_an_edge_that_may_have_left_something_out_has_it_looked_for(socket: Path) -> None:
    taker, told = Taker(), asyncio.Event()
    server, client = HandoverServer(socket, taker, told.set), HandoverClient(socket)
    await server.start()
    await client.start()
    async with asyncio.timeout(60):
        # An earlier edge may have, too: whoever starts asks for it.
        await told.wait()

        told.clear()
        client.look_again()
        client.offer(a_copy(), MESSAGE)
        await told.wait()
    await taker.count(1)
    await client.stop()
    await server.stop()


async def test_large_content_stays_in_the_spool(socket: Path) -> None:
    taker = Taker()
    server, client = HandoverServer(socket, taker), HandoverClient(socket)
    await server.start()
    await client.start()
    await connected(client)

    client.offer(a_copy(), b"x" * MAX_INLINE)
    client.offer(a_copy(), b"x" * (MAX_INLINE + 1))
    await taker.count(2)

    assert [octets is None for _, octets in taker.parcels] == [False, True]
    await client.stop()
    await server.stop()


async def test_what_is_offered_while_nobody_reads_waits_without_its_content(socket: Path) -> None:
    taker = Taker()
    server, client = HandoverServer(socket, taker), HandoverClient(socket)
    await client.start()
    copies = [a_copy() for _ in range(3)]

    kept = [client.offer(copy, MESSAGE) for copy in copies]
    await server.start()
    await taker.count(3)

    assert kept == [True, True, True]
    assert taker.parcels == [(copy, None) for copy in copies]
    await client.stop()
    await server.stop()


async def test_a_deliver_process_that_reads_nothing_fills_bounded_buffers(
    socket: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def reads_nothing(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await asyncio.Event().wait()

    monkeypatch.setattr(handover, "MAX_BACKLOG", 20_000)
    server = await asyncio.start_unix_server(reads_nothing, str(socket))
    client = HandoverClient(socket)
    await client.start()
    await connected(client)
    began = time.monotonic()

    taken = [client.offer(a_copy(), b"x" * MAX_INLINE) for _ in range(200)]

    assert taken[0]
    assert not taken[-1]
    assert time.monotonic() - began < 2
    await client.stop()
    server.close()


async def test_after_a_restart_of_the_deliver_process_copies_are_taken_again(socket: Path) -> None:
    first, second = Taker(), Taker()
    server, client = HandoverServer(socket, first), HandoverClient(socket)
    await server.start()
    await client.start()
    await connected(client)
    await server.stop()
    async with asyncio.timeout(60):
        while client.is_connected:
            await asyncio.sleep(0.01)
    server = HandoverServer(socket, second)
    await server.start()
    await connected(client)

    client.offer(a_copy(), MESSAGE)
    await second.count(1)

    assert first.parcels == []
    await client.stop()
    await server.stop()


@pytest.mark.parametrize(
    "octets",
    [
        pytest.param(b"\xff\xff\xff\xff", id="endless frame"),
        pytest.param(b"\x00\x00\x00\x03abc", id="nonsense"),
    ],
)
async def test_what_is_no_parcel_ends_the_connection(socket: Path, octets: bytes) -> None:
    taker = Taker()
    server = HandoverServer(socket, taker)
    await server.start()
    reader, writer = await asyncio.open_unix_connection(str(socket))

    writer.write(octets)

    with pytest.raises(ConnectionResetError):
        if await reader.read() == b"":
            raise ConnectionResetError
    assert taker.parcels == []
    writer.close()
    await server.stop()


async def test_a_client_that_goes_is_noticed(socket: Path) -> None:
    gone = asyncio.Event()
    server, client = HandoverServer(socket, Taker(), gone.set), HandoverClient(socket)
    await server.start()
    await client.start()
    await connected(client)

    await client.stop()

    async with asyncio.timeout(60):
        await gone.wait()
    await server.stop()


async def test_a_server_that_ends_leaves_the_socket_of_its_successor(socket: Path) -> None:
    first, successor = HandoverServer(socket, Taker()), HandoverServer(socket, Taker())
    await first.start()
    await successor.start()

    await first.stop()
    assert socket.exists()

    await successor.stop()
    assert not socket.exists()

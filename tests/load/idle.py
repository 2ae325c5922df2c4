"""Connections that are opened from many addresses and then say nothing."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from dataclasses import dataclass

PER_ADDRESS = 20
"""Connections from each loopback address: below what an edge grants one client."""
AT_A_TIME = 200


@dataclass(frozen=True, slots=True)
class Held:
    """What was seen while the connections were open."""

    open: int
    """How many were greeted."""
    seen: float


async def open_idle(port: int, count: int) -> list[asyncio.StreamWriter]:
    """Return ``count`` connections that were greeted with 220, or fewer where some were not."""
    greeted: list[asyncio.StreamWriter] = []
    for start in range(0, count, AT_A_TIME):
        numbers = range(start, min(start + AT_A_TIME, count))
        opened = await asyncio.gather(*(_greeted(port, number) for number in numbers))
        greeted.extend(writer for writer in opened if writer is not None)
    return greeted


async def idle_connections(port: int, count: int, look: Callable[[], float]) -> Held:
    """Open ``count`` connections, ``look`` while they are open, and close them."""
    writers = await open_idle(port, count)
    try:
        return Held(len(writers), look())
    finally:
        for writer in writers:
            writer.transport.abort()


async def _greeted(port: int, number: int) -> asyncio.StreamWriter | None:
    address = number // PER_ADDRESS
    source = f"127.1.{address // 250}.{address % 250 + 1}"
    reader, writer = await asyncio.open_connection("127.0.0.1", port, local_addr=(source, 0), limit=1024)
    async with asyncio.timeout(120):
        greeting = await reader.readline()
    if greeting.startswith(b"220"):
        return writer
    writer.transport.abort()
    return None

"""Waiting for the word to stop."""

from __future__ import annotations

import asyncio
import signal


async def until_stopped() -> None:
    """Return when this process is asked to end (SIGTERM, or SIGINT from a terminal)."""
    stopped = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stopped.set)
    await stopped.wait()

"""Waiting for the database no longer than we want to.

The driver answers a cancellation by asking the server to end the statement, and waits for that:
many seconds, where the server hangs.  Clients that wait for us cannot wait for that as well.
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

T = TypeVar("T")


async def unhindered(work: Coroutine[Any, Any, T]) -> T:
    """Return what ``work`` comes to; a caller that is cancelled cancels it and does not wait for its end."""
    task = asyncio.ensure_future(work)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.cancel()
        # Nobody asks any more what became of it.
        task.add_done_callback(_look_away)
        raise


def _look_away(task: asyncio.Future[Any]) -> None:
    if not task.cancelled():
        task.exception()

"""Notices that the edge composes, on their way into the spool: best effort, bounded, in order."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Final

import structlog

from lazaretto.core.errors import LazarettoError
from lazaretto.core.queued import ComposedMessage

log = structlog.get_logger(__name__)

MOST_WAITING: Final = 1_000
STOP_PATIENCE: Final = 5.0


class Notifier:
    """Commits notices one after the other; ``notify`` never waits."""

    def __init__(self, commit: Callable[[ComposedMessage], Awaitable[None]]) -> None:
        self._commit = commit
        self._waiting: asyncio.Queue[ComposedMessage] = asyncio.Queue(MOST_WAITING)
        self._task: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Begin to commit."""
        self._task = asyncio.create_task(self._work(), name="notices")

    async def stop(self) -> None:
        """Commit what waits, for some seconds, and end."""
        if self._task is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(STOP_PATIENCE):
                await self._waiting.join()
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task

    def notify(self, notice: ComposedMessage) -> None:
        """Take ``notice``; with too many waiting it is forgotten, as the trace tells the story anyway."""
        try:
            self._waiting.put_nowait(notice)
        except asyncio.QueueFull:
            log.warning("notice forgotten", tenant=notice.tenant)

    async def _work(self) -> None:
        while True:
            notice = await self._waiting.get()
            try:
                await self._commit(notice)
            except LazarettoError as failure:
                log.warning("notice not sent", tenant=notice.tenant, problem=str(failure))
            finally:
                self._waiting.task_done()

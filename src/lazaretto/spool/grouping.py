"""Group commit: what waits while one transaction commits goes into the next one together.

One commit costs a write to disk and a wait, however many messages it carries; so under load each
carries many, and without load nobody waits for company.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass

import psycopg

from lazaretto.core.errors import LazarettoError, RowsRefused, TemporaryFailure
from lazaretto.db.pool import Connection, Pool, commit
from lazaretto.spool.rows import Rows

log = logging.getLogger(__name__)

Write = Callable[[Connection, Sequence[Rows]], Awaitable[None]]


@dataclass(slots=True)
class _Waiting:
    rows: Rows
    done: asyncio.Future[None]


class GroupCommit:
    """Commits rows of many callers with few transactions."""

    def __init__(
        self,
        pool: Pool,
        write: Write,
        *,
        committers: int,
        most: int,
        octets: int,
        on_unclaimed: Callable[[], None] = lambda: None,
    ) -> None:
        """``on_unclaimed`` is called when rows may have been committed that no caller knows of."""
        self._pool = pool
        self._write = write
        self._committers = committers
        self._most = most
        self._octets = octets
        self._on_unclaimed = on_unclaimed
        self._waiting: deque[_Waiting] = deque()
        self._running = 0
        self._tasks: set[asyncio.Task[None]] = set()

    async def add(self, rows: Rows) -> None:
        """Return when ``rows`` are durable; raise TemporaryFailure when that is not certain.

        A caller that goes away meanwhile takes nothing back that was begun.
        """
        waiting = _Waiting(rows, asyncio.get_running_loop().create_future())
        self._waiting.append(waiting)
        if self._running < self._committers:
            self._running += 1
            task = asyncio.create_task(self._commit_all())
            # The loop keeps weak references only.
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)
        await waiting.done

    async def _commit_all(self) -> None:
        try:
            while group := self._next_group():
                await self._commit(group)
        finally:
            # At once, not when the task is reaped: who comes between would wait for nobody.
            self._running -= 1

    def _next_group(self) -> list[_Waiting]:
        group: list[_Waiting] = []
        octets = 0
        while self._waiting and len(group) < self._most:
            if self._waiting[0].done.done():
                # Its caller was told to come again while the database was stuck; it must not become two.
                self._waiting.popleft()
                continue
            octets += self._waiting[0].rows.octets
            if group and octets > self._octets:
                break
            first = self._waiting.popleft()
            # Whoever gave up was told to try again; committing it now would make two of it.
            if not first.done.done():
                group.append(first)
        return group

    async def _commit(self, group: list[_Waiting]) -> None:
        try:
            await self._transact(group)
        except _GivenUp:
            if left := [each for each in group if not each.done.done()]:
                await self._commit(left)
        except Exception as failure:
            # Whatever it was, the callers wait for an answer, and the loop must go on for the next.
            if len(group) > 1 and _is_about_one(failure):
                log.warning("commit alone", extra={"messages": len(group), "reason": str(failure)})
                for each in group:
                    await self._commit([each])
                return
            _answer(group, failure)
            # A connection that broke over a COMMIT does not say whether it was one.
            self._on_unclaimed()
        except asyncio.CancelledError:
            _answer(group, TemporaryFailure("stopped while committing"))
            raise
        else:
            has_given_up = any(each.done.done() for each in group)
            _answer(group, None)
            if has_given_up:
                self._on_unclaimed()

    async def _transact(self, group: Sequence[_Waiting]) -> None:
        rows = [each.rows for each in group]
        began_to_commit = False
        try:
            async with self._pool.connection() as connection:
                await self._write(connection, rows)
                _check_all_wait(group)
                began_to_commit = True
                await commit(connection)
        except TemporaryFailure as failure:
            # A connection that died while it was idle tells so only when it is used.  As long as no
            # COMMIT was sent nothing can have happened, and a fresh connection may do.
            if began_to_commit or not isinstance(failure.__cause__, psycopg.OperationalError):
                raise
            async with self._pool.transaction() as connection:
                await self._write(connection, rows)
                _check_all_wait(group)


class _GivenUp(Exception):
    """Somebody was told to come again while the rows were written."""


def _check_all_wait(group: Sequence[_Waiting]) -> None:
    # A database that hung may go on long after a client was told 451; what that client sends again
    # must not become two.
    if any(each.done.done() for each in group):
        raise _GivenUp


def _is_about_one(failure: Exception) -> bool:
    """Tell whether some row made the statement fail, before any commit was tried.

    After a commit of unknown outcome nothing is repeated: finding the rows there would not say
    that they are replicated.
    """
    return isinstance(failure, RowsRefused)


def _answer(group: Sequence[_Waiting], failure: Exception | None) -> None:
    for each in group:
        if each.done.done():
            continue
        if failure is None:
            each.done.set_result(None)
        elif isinstance(failure, LazarettoError):
            each.done.set_exception(type(failure)(str(failure)))
        else:
            each.done.set_exception(TemporaryFailure(f"commit failed: {failure!r}"))

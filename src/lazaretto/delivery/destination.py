"""One destination as the dispatcher sees it: copies that wait, workers that carry, workers that wait."""

from __future__ import annotations

import asyncio
from collections import deque

from lazaretto.core.reply import Reply
from lazaretto.delivery.feedback import Feedback
from lazaretto.delivery.holding import Held


class Destination:
    """A group of copies that share hosts and connections."""

    def __init__(self, key: str, feedback: Feedback) -> None:
        self.key = key
        self.feedback = feedback
        self.waiting: deque[Held] = deque()
        self.workers: set[asyncio.Task[None]] = set()
        self.last_problem = Reply(451, "4.4.1", "no host answers")
        self._idle: deque[asyncio.Future[Held | None]] = deque()
        self._reminder: asyncio.TimerHandle | None = None

    def is_unused(self, now: float) -> bool:
        """Tell whether little would be lost by forgetting the destination: nothing is here, nor left alone.

        Failures that are over do not keep it, or those who never answer would add up for ever.
        """
        return not self.waiting and not self.workers and not self.feedback.is_quiet(now)

    def put(self, held: Held) -> None:
        """Give ``held`` to a worker that waits, or let it wait for one."""
        while self._idle:
            worker = self._idle.pop()
            if not worker.done():
                worker.set_result(held)
                return
        self.waiting.append(held)

    def take(self) -> Held | None:
        """Return the next copy that waits; those whose lease was lost are let go."""
        while self.waiting:
            held = self.waiting.popleft()
            if not held.is_lost:
                return held
        return None

    async def wait(self, seconds: float) -> Held | None:
        """Return the next copy that comes within ``seconds``; None when there is none."""
        loop = asyncio.get_running_loop()
        place: asyncio.Future[Held | None] = loop.create_future()
        self._idle.append(place)
        timer = loop.call_later(seconds, _give_up, place)
        try:
            return await place
        finally:
            timer.cancel()
            if place in self._idle:
                self._idle.remove(place)

    def send_idle_home(self) -> None:
        """Let the workers that wait for copies end."""
        while self._idle:
            _give_up(self._idle.pop())

    def remind(self, reminder: asyncio.TimerHandle) -> None:
        """Keep one reminder; an earlier one is replaced."""
        self.forget_reminder()
        self._reminder = reminder

    def forget_reminder(self) -> None:
        """Cancel the reminder."""
        if self._reminder is not None:
            self._reminder.cancel()
            self._reminder = None


def _give_up(place: asyncio.Future[Held | None]) -> None:
    if not place.done():
        place.set_result(None)

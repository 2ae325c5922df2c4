"""All processes of one machine under one roof: ``lazaretto run``.

Mail is taken again as soon as that is honest, which needs the database and nothing else: a message waits
for its look until the scan workers stand, and in the spool until it is delivered.  So the edge comes first,
and loads its program while the database starts; then what looks, delivers and does the jobs, side by side;
and at last the pages, where an address is given for them.  Stopping begins with those who take something in.
"""

from __future__ import annotations

import os
import signal
import sys
import time
from collections.abc import Callable
from typing import Final

import structlog

from lazaretto.core.errors import ConfigurationError, TemporaryFailure
from lazaretto.run.children import Child, last_words
from lazaretto.run.database import Database
from lazaretto.run.home import Home
from lazaretto.run.locking import SUPERVISOR, alone_as
from lazaretto.run.options import RunOptions
from lazaretto.run.running import Running, forget_running, note_running
from lazaretto.run.settings import Settings

log = structlog.get_logger(__name__)

TAKERS: Final = frozenset({"edge", "web"})
"""Roles that take something in, and are stopped while those behind them still work."""
DISPENSABLE: Final = frozenset({"web"})
"""Roles without which mail flows all the same."""
START_PATIENCE: Final = 120.0
"""Seconds that dispensable roles may take until they count as started."""
STOP_PATIENCE: Final = {"web": 10.0, "edge": 20.0, "deliver": 20.0, "jobs": 10.0, "scan": 10.0}
LOOK_EVERY: Final = 0.1


class Supervisor:
    """Starts, watches and stops everything; ``run()`` returns after SIGTERM or Ctrl-C."""

    def __init__(
        self,
        home: Home,
        settings: Settings,
        options: RunOptions,
        *,
        when_ready: Callable[[], None],
        tell: Callable[[str], None] = lambda _: None,
        more_roles: tuple[str, ...] = (),
    ) -> None:
        self._home = home
        self._settings = settings
        self._database = Database(home, settings, tell)
        self._when_ready = when_ready
        self._tell = tell
        pages = ("web",) if options.http or settings.listen.http else ()
        # First what strangers wait for, then what their mail waits for, then what mail does not need.
        turns = (("edge",), (*more_roles, "scan", "deliver", "jobs"), pages)
        self._turns = [
            [Child(role, options.arguments(home), home.logs / f"{role}.log") for role in turn]
            for turn in turns
        ]
        self._children = [child for turn in self._turns for child in turn]
        self._options = options
        self._started: list[Child] = []
        self._stopping = False

    def run(self) -> None:
        """Run until told to stop.  Raises ``ConfigurationError`` when something cannot start."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        self._home.make()
        with alone_as(self._home, SUPERVISOR):
            try:
                self._run()
            finally:
                self._end()
        log.info("stopped")

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _run(self) -> None:
        first, *others = self._turns
        for child in first:
            child.start(waiting=True)
        self._tell("starting the database")
        with self._database.running():
            self._tell("starting " + ", ".join(child.role for child in self._children))
            try:
                for child in first:
                    child.begin()
                self._await_ready(first)
                for turn in others:
                    self._start(turn)
                self._note_started()
                self._watch()
            finally:
                self._end()

    def _start(self, turn: list[Child]) -> None:
        if not self._stopping:
            for child in turn:
                child.start()
            self._await_ready(turn)

    def _await_ready(self, turn: list[Child]) -> None:
        self._started += turn
        deadline = time.monotonic() + START_PATIENCE
        awaited = turn
        while awaited and not self._stopping:
            for child in self._started:
                child.look()
            awaited = [child for child in awaited if not child.is_ready]
            awaited = [child for child in awaited if not self._is_given_up(child, deadline)]
            time.sleep(0.01)

    def _is_given_up(self, child: Child, deadline: float) -> bool:
        """Tell whether nobody waits for ``child`` any more; raises where nothing goes without it."""
        is_broken, is_dispensable = child.deaths >= 3, child.role in DISPENSABLE
        # What mail needs is waited for: a machine that is busy with the mail that the edge takes already has
        # the others start slowly, and that is no reason to take none.
        if not is_broken and not (is_dispensable and time.monotonic() > deadline):
            return False
        problem = f"{child.role} does not start; the end of {child.log}:\n{last_words(child.log)}"
        if not is_dispensable:
            raise ConfigurationError(problem)
        # Mail does not wait for pages; they are tried again and again.
        log.error("going on without it for now", child=child.role)
        self._tell(problem)
        return True

    def _note_started(self) -> None:
        if self._stopping:
            return
        note_running(
            self._home,
            Running(
                pid=os.getpid(),
                smtp=self._options.smtp or self._settings.listen.smtp,
                http=self._options.http or self._settings.listen.http,
            ),
        )
        log.info("started", pid=os.getpid())
        self._when_ready()

    def _watch(self) -> None:
        while not self._stopping:
            for child in self._children:
                child.look()
            self._look_after_database()
            time.sleep(LOOK_EVERY)

    def _look_after_database(self) -> None:
        try:
            self._database.look_after()
        except TemporaryFailure as failure:
            # The edge answers 451 meanwhile; the next look tries again.
            log.warning("the database does not come back", problem=str(failure))

    def _end(self) -> None:
        forget_running(self._home)
        takers = [child for child in self._children if child.role in TAKERS]
        for group in (takers, self._children):
            for child in group:
                child.ask_to_end()
            for child in group:
                child.stop(STOP_PATIENCE.get(child.role, 5.0))


def announce_ready() -> None:
    """Print the one line that tells that everything stands."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()

"""All processes of one machine under one roof: ``lazaretto run``.

Order of start: database, schema, then scan, deliver, jobs, and the edge last, so that nothing is
accepted before everything behind it stands; then the pages, where an address is given for them.
Stopping goes the other way round: pages and edge first.
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

ROLES: Final = ("scan", "deliver", "jobs", "edge")
DISPENSABLE: Final = frozenset({"web"})
"""Roles without which mail flows all the same."""
START_PATIENCE: Final = 120.0
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
        http = options.http or settings.listen.http
        roles = (*more_roles, *ROLES, *(("web",) if http else ()))
        self._children = [Child(role, options.arguments(home), home.logs / f"{role}.log") for role in roles]
        self._options = options
        self._stopping = False

    def run(self) -> None:
        """Run until told to stop.  Raises ``ConfigurationError`` when something cannot start."""
        signal.signal(signal.SIGTERM, self._stop)
        signal.signal(signal.SIGINT, self._stop)
        self._home.make()
        with alone_as(self._home, SUPERVISOR):
            self._tell("starting the database")
            with self._database.running():
                self._tell("starting " + ", ".join(ROLES))
                try:
                    self._start()
                    self._watch()
                finally:
                    self._end()
        log.info("stopped")

    def _stop(self, *_: object) -> None:
        self._stopping = True

    def _start(self) -> None:
        for child in self._children:
            child.start()
            self._await_ready(child)
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

    def _await_ready(self, child: Child) -> None:
        deadline = time.monotonic() + START_PATIENCE
        while not child.is_ready and not self._stopping:
            child.look()
            if child.deaths >= 3 or time.monotonic() > deadline:
                problem = f"{child.role} does not start; the end of {child.log}:\n{last_words(child.log)}"
                if child.role in DISPENSABLE:
                    # Mail does not wait for pages; they are tried again and again.
                    log.error("going on without it for now", child=child.role)
                    self._tell(problem)
                    return
                raise ConfigurationError(problem)
            time.sleep(0.01)

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
        for child in reversed(self._children):
            child.ask_to_end()
            child.stop(STOP_PATIENCE.get(child.role, 5.0))


def announce_ready() -> None:
    """Print the one line that tells that mail is accepted."""
    sys.stdout.write("ready\n")
    sys.stdout.flush()

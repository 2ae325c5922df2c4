"""The databases of one machine: started with everything else, or for the length of one command."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from lazaretto.core.errors import ConfigurationError
from lazaretto.db.migrate import prepare
from lazaretto.db.server import database_server
from lazaretto.run.home import Home
from lazaretto.run.running import is_running
from lazaretto.run.settings import Settings


class Database:
    """PostgreSQL as the settings name it: given by a DSN, or embedded in the home folder."""

    def __init__(self, home: Home, settings: Settings, tell: Callable[[str], None] = lambda _: None) -> None:
        self._home = home
        self._server = database_server(home.folder, settings.database.dsn, tell)

    def dsn(self, name: str) -> str:
        """Return the connection string of ``control``, ``spool`` or ``trace``."""
        return self._server.dsn(name)

    @contextmanager
    def running(self) -> Iterator[None]:
        """Start it, bring its schemas up to date, and stop it at the end of the block."""
        self._server.start()
        try:
            prepare(self._server)
            yield
        finally:
            self._server.stop()

    @contextmanager
    def available(self) -> Iterator[None]:
        """Use the server of ``lazaretto run`` if that runs; otherwise start one for this block.

        A command makes no database: it raises ``ConfigurationError`` where ``lazaretto run`` never ran.
        """
        if is_running(self._home) is not None:
            yield
            return
        if not self._server.is_made():
            folder = self._home.folder
            raise ConfigurationError(
                f"there is no Lazaretto in {folder}; start one with `lazaretto run --home {folder}`, "
                f"or name the right --home"
            )
        self._home.make()
        with self.running():
            yield

    def look_after(self) -> None:
        """Start it again if it died; raises ``TemporaryFailure`` when that does not work yet."""
        self._server.look()

"""What ``lazaretto run`` says about itself while it runs, for the other commands of the same home."""

from __future__ import annotations

import msgspec

from lazaretto.files.placing import replace_whole
from lazaretto.run.home import Home
from lazaretto.run.locking import SUPERVISOR, is_held


class Running(msgspec.Struct, frozen=True):
    """A supervisor at work."""

    pid: int
    smtp: str
    http: str


def note_running(home: Home, running: Running) -> None:
    """Write it down; whoever reads meanwhile sees all of it or nothing."""
    replace_whole(home.supervisor_file, msgspec.json.encode(running))


def forget_running(home: Home) -> None:
    """Take it away again."""
    home.supervisor_file.unlink(missing_ok=True)


def is_running(home: Home) -> Running | None:
    """Return what runs in ``home``; None when nothing does."""
    try:
        running = msgspec.json.decode(home.supervisor_file.read_bytes(), type=Running)
    except (OSError, msgspec.MsgspecError):
        return None
    # The file outlives a supervisor that was killed; its lock does not.
    return running if is_held(home, SUPERVISOR) else None

"""What workers say: they may write no file, so their station writes their log for them.

A worker's standard error is a pipe to the station.  Whatever a hostile message has made of a worker, it
can only add lines to one log, and no more than so many.
"""

from __future__ import annotations

import contextlib
import json
import os
import sys
from collections.abc import Iterator, Mapping
from typing import Any, Final

MOST_AT_ONCE: Final = 1 << 16
MOST_IN_ALL: Final = 1 << 20
"""Octets that one worker may say in its life."""
LONGEST_LINE: Final = 1 << 15


class Ear:
    """The pipe between one worker and its station; made before the fork."""

    def __init__(self) -> None:
        self._reader, self._writer = os.pipe()
        os.set_blocking(self._reader, False)
        self._begun = b""
        self._heard = 0

    def speak_into(self) -> None:
        """Be the worker: what this process says from now on goes into the pipe."""
        os.dup2(self._writer, 2)
        os.close(self._writer)
        os.close(self._reader)

    def listen(self) -> None:
        """Be the station."""
        os.close(self._writer)

    def lines(self) -> Iterator[bytes]:
        """Yield the lines that have been said since; waits for nothing."""
        said = b""
        with contextlib.suppress(BlockingIOError):
            said = os.read(self._reader, MOST_AT_ONCE)
        self._heard += len(said)
        if self._heard > MOST_IN_ALL:
            return
        *whole, begun = (self._begun + said).split(b"\n")
        self._begun = begun[:LONGEST_LINE]
        yield from (line[:LONGEST_LINE] for line in whole if line)

    def close(self) -> None:
        """Hear nothing any more."""
        with contextlib.suppress(OSError):
            os.close(self._reader)


def pass_on(line: bytes, worker: int) -> Mapping[str, Any]:
    """Write ``line`` to this process's own log, and return the event that it tells, if it tells one."""
    event = _event_in(line)
    text = line.decode("utf-8", "replace")
    said = text if event else json.dumps({"event": "scan worker said", "worker": worker, "text": text})
    sys.stderr.write(f"{said}\n")
    sys.stderr.flush()
    return event


def _event_in(line: bytes) -> Mapping[str, Any]:
    try:
        event = json.loads(line)
    except (ValueError, RecursionError):
        return {}
    return event if isinstance(event, dict) and isinstance(event.get("event"), str) else {}

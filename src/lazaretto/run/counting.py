"""The edge's counters as a file, for ``lazaretto doctor`` and for whoever collects figures."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import dataclass, fields
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

import structlog

from lazaretto.edge.counters import Counters
from lazaretto.files.placing import replace_whole
from lazaretto.run.home import Home

log = structlog.get_logger(__name__)

WRITE_EVERY: Final = 10.0


@dataclass(frozen=True, slots=True)
class Counted:
    """What an edge had done at a moment since it started."""

    at: datetime
    counters: dict[str, Any]


def counters_file(home: Home) -> Path:
    """Return where the edge of ``home`` writes its counters."""
    return home.sockets / "edge-counters.json"


def write_counters(path: Path, counters: Counters) -> None:
    """Replace the file at ``path`` by one line of JSON; readers never see half of it."""
    told = {each.name: getattr(counters, each.name) for each in fields(counters)}
    line = {"at": datetime.now(UTC).isoformat(timespec="seconds"), "pid": os.getpid(), **told}
    replace_whole(path, json.dumps(line).encode() + b"\n")


def read_counters(path: Path) -> Counted | None:
    """Return what was written last; None when nothing (readable) is there."""
    try:
        line = json.loads(path.read_text(encoding="utf-8"))
        return Counted(datetime.fromisoformat(line.pop("at")), line)
    except (OSError, ValueError, KeyError, AttributeError):
        return None


async def keep_counters(path: Path, counters: Counters) -> None:
    """Write again and again, until cancelled."""
    while True:
        try:
            write_counters(path, counters)
        except OSError as failure:
            log.warning("counters not written", problem=str(failure))
        await asyncio.sleep(WRITE_EVERY)

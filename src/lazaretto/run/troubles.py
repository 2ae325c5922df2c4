"""What is wrong with looking on this machine: rules left out, detectors that fail, workers that die.

The scanning station notes it in a file of its home, who fetches bundles notes refused ones in another;
``lazaretto doctor`` shows both and a job tells the operators.  What a new set of rules puts right goes with
the old set; what happened is news for a day.
"""

from __future__ import annotations

import json
import logging
import os
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from enum import Enum
from pathlib import Path
from typing import Any, Final

import structlog

from lazaretto.detect.malware.yara_memory import remember
from lazaretto.files.placing import replace_whole
from lazaretto.run.home import Home

log = structlog.get_logger(__name__)

NEWS: Final = timedelta(days=1)
HOUR: Final = timedelta(hours=1)
REPEATED: Final = 3
"""Deaths of workers within an hour from which they are a trouble; one message in a million may cause one."""
MOST: Final = 200
_LONGEST: Final = 300


class Kind(Enum):
    """What sort of trouble it is."""

    LEFT_OUT = "rule-left-out"
    APART = "rule-set-apart"
    DETECTOR = "detector-failed"
    DIED = "workers-died"
    STUCK = "workers-stuck"
    BUNDLE = "bundle-refused"


_KINDS: Final = {
    "yara file left out": Kind.LEFT_OUT,
    "yara rule left out": Kind.LEFT_OUT,
    "yara rule set apart": Kind.APART,
    "detector failed": Kind.DETECTOR,
    "scan worker died": Kind.DIED,
    "scan worker is stuck": Kind.STUCK,
    "bundle refused": Kind.BUNDLE,
}
"""By the events of the log that tell it."""
OF_A_SET: Final = frozenset({Kind.LEFT_OUT, Kind.APART})
"""What ends with the set of rules, and not by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Trouble:
    """One of them, however often it was seen."""

    kind: Kind
    about: str
    """The rule, the detector or the bundle; empty for workers."""
    problem: str
    first: datetime
    last: datetime
    count: int
    """Within an hour from ``first``, which moves on."""

    @property
    def matters(self) -> bool:
        """It is for people to know."""
        return self.kind is not Kind.DIED or self.count >= REPEATED

    @property
    def key(self) -> str:
        """What makes it one and the same."""
        return f"{self.kind.value} {self.about}"


def trouble_in(event: Mapping[str, Any], now: datetime) -> Trouble | None:
    """Return what an event of the log tells; None for one that tells of no trouble."""
    kind = _KINDS.get(str(event.get("event")))
    if kind is None:
        return None
    file, rule = str(event.get("file", "")), str(event.get("rule", ""))
    about = ":".join(filter(None, (file, rule))) or str(event.get("detector") or event.get("bundle") or "")
    # Of an exception only its type: its text may quote the mail.
    failure = str(event.get("exception", "")).rpartition("\n")[2].partition(":")[0]
    problem = event.get("problem") or failure
    return Trouble(kind=kind, about=_line(about), problem=_line(str(problem)), first=now, last=now, count=1)


class Notebook:
    """The troubles of one station, and their file; only the station's own process writes it."""

    def __init__(self, file: Path, memory: Path) -> None:
        """``memory`` is the file of rules that are to be set apart by the next station as well."""
        self._file = file
        self._memory = memory
        now = datetime.now(UTC)
        kept = (each for each in troubles(file) if each.kind not in OF_A_SET and now - each.last < NEWS)
        self._known = {each.key: each for each in kept}
        self._write()

    def take(self, event: Mapping[str, Any]) -> None:
        """Note what ``event`` tells, if it tells of a trouble."""
        found = trouble_in(event, datetime.now(UTC))
        if found is None:
            return
        known = self._known.get(found.key)
        if known is None and len(self._known) >= MOST:
            return
        self._known[found.key] = found if known is None else _again(known, found)
        if found.kind is Kind.APART and (known is None) and event.get("set"):
            remember(self._memory, str(event["set"]), str(event.get("file")), str(event.get("rule", "")))
        self._write()

    def settle(self, kind: Kind) -> None:
        """Forget what was noted of ``kind``: it is well again."""
        left = {key: each for key, each in self._known.items() if each.kind is not kind}
        if left != self._known:
            self._known = left
            self._write()

    def listen(self) -> None:
        """Take what this process itself says from now on, too."""
        logging.getLogger("lazaretto").addHandler(_Listener(self))

    def _write(self) -> None:
        told = [
            {**asdict(each), "kind": each.kind.value, "first": str(each.first), "last": str(each.last)}
            for each in self._known.values()
        ]
        try:
            replace_whole(self._file, json.dumps(told, indent=1).encode() + b"\n")
        except OSError as failure:
            log.warning("troubles not written", problem=str(failure))


class _Listener(logging.Handler):
    """Hands what one process logs to a notebook; what its workers log reaches the station by itself."""

    def __init__(self, notebook: Notebook) -> None:
        super().__init__()
        self._notebook = notebook
        self._process = os.getpid()

    def emit(self, record: logging.LogRecord) -> None:
        if os.getpid() == self._process:
            self._notebook.take({**record.__dict__, "event": record.getMessage()})


def troubles(file: Path) -> tuple[Trouble, ...]:
    """Return what is noted in ``file``; nothing where nothing (readable) is."""
    try:
        return tuple(_read(json.loads(file.read_text(encoding="utf-8"))))
    except (OSError, ValueError, KeyError, TypeError):
        return ()


def troubles_of(home: Home) -> tuple[Trouble, ...]:
    """Return what any process of this machine has noted."""
    return (*troubles(home.troubles), *troubles(home.bundle_troubles))


def those_that_matter(known: Iterable[Trouble], now: datetime) -> tuple[Trouble, ...]:
    """Return what is wrong at ``now``."""
    return tuple(each for each in known if each.matters and (each.kind in OF_A_SET or now - each.last < NEWS))


def _read(entries: Iterable[Mapping[str, Any]]) -> Iterator[Trouble]:
    for entry in entries:
        times = {name: datetime.fromisoformat(entry[name]) for name in ("first", "last")}
        yield Trouble(**{**entry, **times, "kind": Kind(entry["kind"])})


def _again(known: Trouble, found: Trouble) -> Trouble:
    if found.last - known.first > HOUR:
        return found
    return replace(found, first=known.first, count=known.count + 1)


def _line(text: str) -> str:
    return " ".join("".join(each if each.isprintable() else " " for each in text).split())[:_LONGEST]

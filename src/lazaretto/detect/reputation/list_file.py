"""A list in a file, read when it is first asked and again when it changes."""

from __future__ import annotations

import asyncio
import ipaddress
import logging
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from lazaretto.core.facts import Listing
from lazaretto.core.networks import NetworkIndex
from lazaretto.core.snapshot import names_above
from lazaretto.detect.reputation.settings import ListFile
from lazaretto.protocol.dns_names import question_name

log = logging.getLogger(__name__)

LOOK_EVERY: Final = 5.0
"""Seconds between two looks at whether the file has changed."""
LARGEST: Final = 256 * 1024 * 1024


@dataclass(frozen=True, slots=True)
class Entries:
    """What a file holds."""

    networks: NetworkIndex[str] = field(default_factory=lambda: NetworkIndex(()))
    domains: frozenset[str] = frozenset()
    unreadable: int = 0
    """Lines that are neither."""


def entries_of(lines: Iterable[str]) -> Entries:
    """Return the networks and domains in ``lines``; what is neither is counted and left out."""
    networks: list[tuple[str, str]] = []
    domains: set[str] = set()
    unreadable = 0
    for line in lines:
        text = line.partition("#")[0].partition(";")[0].strip()
        if not text:
            continue
        try:
            network = str(ipaddress.ip_network(text, strict=False))
        except ValueError:
            name = question_name(text.removeprefix("*.").strip("."))
            if name and "." in name and " " not in name:
                domains.add(name)
            else:
                unreadable += 1
        else:
            networks.append((network, network))
    return Entries(NetworkIndex(networks), frozenset(domains), unreadable)


class ListInFile:
    """One file; a reading that fails leaves in force what was read before."""

    def __init__(self, settings: ListFile) -> None:
        self._settings = settings
        self._path = Path(settings.file)
        self._name = self._path.name
        self._entries = Entries()
        self._stamp: tuple[int, int] | None = None
        self._looked_at = -LOOK_EVERY
        self._reading = asyncio.Lock()

    async def listings(self, ip: str, domains: Iterable[str]) -> list[Listing]:
        """Return where ``ip`` and ``domains`` stand in it."""
        await self._refresh()
        return [
            Listing(
                list=self._name,
                meaning=self._settings.meaning.value,
                weight=self._settings.weight,
                subject=subject,
            )
            for subject in self._found(ip, domains)
        ]

    def _found(self, ip: str, domains: Iterable[str]) -> Iterator[str]:
        try:
            network = self._entries.networks.holding(ip)
        except ValueError:
            network = None
        if network is not None:
            yield network
        if self._entries.domains:
            for domain in domains:
                yield from (name for name in names_above(domain) if name in self._entries.domains)

    async def _refresh(self) -> None:
        if time.monotonic() - self._looked_at < LOOK_EVERY:
            return
        async with self._reading:
            if time.monotonic() - self._looked_at < LOOK_EVERY:
                return
            try:
                await asyncio.to_thread(self._read_if_changed)
            except (OSError, UnicodeDecodeError) as failure:
                log.warning("a list cannot be read: %s: %s", self._path, failure)
            self._looked_at = time.monotonic()

    def _read_if_changed(self) -> None:
        found = self._path.stat()
        stamp = (found.st_mtime_ns, found.st_size)
        if stamp == self._stamp:
            return
        if found.st_size > LARGEST:
            raise OSError(f"larger than {LARGEST} octets")
        with self._path.open(encoding="utf-8") as lines:
            entries = entries_of(lines)
        if entries.unreadable:
            log.warning("%d lines of %s are neither networks nor domains", entries.unreadable, self._path)
        self._entries, self._stamp = entries, stamp

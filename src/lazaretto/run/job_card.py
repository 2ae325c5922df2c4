"""What a job says about itself, and what it is given to work with.

A job of role ``jobs`` is a class in a module of ``run/clock/`` with a ``card``; it is made once per
process with the ``Workshop``.  One with an ``every`` has ``async def work(self, now)`` and is called
that often; one without has ``async def run(self)`` and works until it is cancelled.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import ClassVar, Protocol, runtime_checkable

from lazaretto.core.queued import ComposedMessage
from lazaretto.db.pool import Pool
from lazaretto.delivery.handover import HandoverClient
from lazaretto.run.gathering import header_of
from lazaretto.run.home import Home
from lazaretto.run.notifying import Notifier
from lazaretto.run.options import RunOptions
from lazaretto.run.settings import Settings
from lazaretto.run.spoolroom import SpoolRoom
from lazaretto.spool.acceptor import Acceptor
from lazaretto.spool.temporary import TemporaryFolder
from lazaretto.tenants.store import TenantStore


@dataclass(frozen=True, slots=True, kw_only=True)
class JobCard:
    """A job's own words."""

    name: str
    """Words joined by dashes, unique: ``retention``."""
    summary: str
    """One sentence for people, without a full stop."""
    failure: str
    """What it means for people when it cannot be done for an hour; one sentence without a full stop."""
    every: timedelta | None = None
    """How often it is called; None = it waits for its work by itself."""
    alone: bool = False
    """Whether only one process of the platform may be at it at a time; the others pass over that time."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Workshop:
    """What jobs work with; all of it is open for as long as the process lives."""

    home: Home
    settings: Settings
    options: RunOptions
    room: SpoolRoom
    trace: Pool
    control: Pool
    tenants: TenantStore
    temporary: TemporaryFolder
    handover: HandoverClient
    notifier: Notifier

    def acceptor(self) -> Acceptor:
        """Return what commits messages that we compose."""
        room = self.room
        return Acceptor(room.pool, room.contents, room.node, self.settings.spool, read_header=header_of)

    @property
    def commit(self) -> Callable[[ComposedMessage], Awaitable[None]]:
        """What commits one message that we compose; on return it will be delivered."""
        return self.acceptor().commit_composed


class Job(Protocol):
    """Something to do; see the module's text."""

    card: ClassVar[JobCard]

    def __init__(self, shop: Workshop) -> None:
        """Get ready; opens nothing and waits for nothing."""


@runtime_checkable
class PeriodicJob(Job, Protocol):
    """A job that is called again and again."""

    async def work(self, now: datetime) -> None:
        """Do what is due at ``now``; safe to interrupt, to repeat, and on several nodes at once."""


@runtime_checkable
class StandingJob(Job, Protocol):
    """A job that waits for its work by itself."""

    async def run(self) -> None:
        """Work until cancelled."""

"""Commands' way to releases from quarantine: who asks, who must agree, and what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from lazaretto.core.address import fold
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.identity import TenantId
from lazaretto.core.malware_handling import OPERATOR, MalwareHandling, may_ask, second_pair_of_eyes
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.db.pool import Pool
from lazaretto.run.database import Database
from lazaretto.run.home import Home
from lazaretto.run.running import is_running
from lazaretto.run.settings import load_settings
from lazaretto.spool.quarantine import GUARDED, Quarantine, QuarantinedCopy
from lazaretto.spool.release_targets import aim, target_of
from lazaretto.spool.releasing import (
    GONE,
    LOOKING,
    RELEASED,
    WAITING,
    AlreadyAsked,
    ReleaseRequest,
    Releases,
)
from lazaretto.tenants.following import SnapshotFollower

PATIENCE: Final = 90.0
_LOOK_EVERY: Final = 0.1


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one copy."""

    id: UUID
    state: str
    """``released``, ``deleted``, ``expired``, or the state of a request."""
    told: str = ""
    """What its asker should know."""


REFUSED: Final = "refused"
"""State of an outcome: another request for that copy is open, and this one was not noted."""


@dataclass(frozen=True, slots=True)
class Standing:
    """An open request, with what approving it would do."""

    request: UUID
    words: str


class Desk:
    """Where people ask, approve and deny; opened for one command."""

    def __init__(self, home: Home) -> None:
        self._home = home
        self._settings = load_settings(home)
        self._database = Database(home, self._settings)

    def release(self, ids: Sequence[UUID], *, by: str, to: str, why: str) -> dict[UUID, list[Outcome]]:
        """Release what may go at once, and ask for the rest; return what came of each of ``ids``."""
        with self._database.available():
            return asyncio.run(self._release(ids, by, to, why))

    def decide(self, ids: Sequence[UUID], *, by: str, why: str, approve: bool) -> dict[UUID, list[Outcome]]:
        """Approve or deny the open requests that ``ids`` mean."""
        with self._database.available():
            return asyncio.run(self._decide(ids, by, why, approve=approve))

    def standing(self, ids: Sequence[UUID], *, by: str) -> dict[UUID, list[Standing]]:
        """Return the open requests that each of ``ids`` means: of requests, copies or messages."""
        with self._database.available():
            return asyncio.run(self._standing(ids, by))

    def requests(self, tenant: str | None, *, everything: bool) -> list[ReleaseRequest]:
        """Return the requests of a tenant, or of all; only open ones unless ``everything``."""
        with self._database.available():
            return asyncio.run(self._requests(tenant, everything=everything))

    async def _release(self, ids: Sequence[UUID], by: str, to: str, why: str) -> dict[UUID, list[Outcome]]:
        async with _Open(self._database, self._settings) as opened:
            scope = opened.scope_of(by)
            by_typed = await _copies(opened.quarantine, ids, scope)
            outcomes: dict[UUID, list[Outcome]] = {}
            for typed, copies in by_typed.items():
                outcomes[typed] = [await self._release_one(opened, copy, by, to, why) for copy in copies]
            return outcomes

    async def _release_one(self, opened: _Open, copy: QuarantinedCopy, by: str, to: str, why: str) -> Outcome:
        tenant = opened.tenant(copy.tenant)
        target = target_of(to, tenant)
        if copy.reason not in GUARDED:
            left = await opened.quarantine.release([copy.id], tenant=copy.tenant, by=by, to=target)
            return Outcome(copy.id, left.get(copy.id, GONE))
        if copy.ended_as is not None:
            return Outcome(copy.id, copy.ended_as)
        if is_running(self._home) is None:
            raise ConfigurationError(
                "malware is looked at once more before it is released; start `lazaretto run` first"
            )
        wishes = MalwareHandling.of(tenant.options)
        others = second_pair_of_eyes(by, tenant.administrators, wishes.four_eyes)
        if others and not why.strip():
            raise ConfigurationError(f"say --why it shall be released; {' or '.join(others)} reads it")
        try:
            await opened.releases.ask([copy], by=by, target=target, reason=why, alone=lambda _: not others)
        except AlreadyAsked as refusal:
            return Outcome(copy.id, REFUSED, str(refusal))
        request = await self._looked_at(opened, copy)
        if request.state == LOOKING:
            return Outcome(
                copy.id, LOOKING, "nobody could look at it again yet; it is looked at as soon as possible"
            )
        if request.state == WAITING:
            names = " or ".join(others) or "another administrator"
            return Outcome(
                copy.id,
                WAITING,
                f"looked at again: {request.second_look}; {names} must approve it: request {request.id}",
            )
        return Outcome(copy.id, request.state, f"looked at again: {request.second_look}")

    async def _looked_at(self, opened: _Open, copy: QuarantinedCopy) -> ReleaseRequest:
        """Return the newest request for ``copy`` once it was looked at again, or patience ends."""
        loop = asyncio.get_running_loop()
        deadline = loop.time() + PATIENCE
        while True:
            newest = (await opened.releases.list(ids=[copy.id], limit=1))[0]
            pending = newest.state == LOOKING or (newest.alone and newest.state not in (RELEASED, GONE))
            if not pending or loop.time() > deadline:
                return newest
            await asyncio.sleep(_LOOK_EVERY)

    async def _decide(
        self, ids: Sequence[UUID], by: str, why: str, *, approve: bool
    ) -> dict[UUID, list[Outcome]]:
        async with _Open(self._database, self._settings) as opened:
            scope = opened.scope_of(by)
            outcomes: dict[UUID, list[Outcome]] = {}
            for typed in ids:
                found = await opened.releases.list(tenant=scope, ids=[typed], states=[WAITING, LOOKING])
                outcomes[typed] = [await self._decide_one(opened, each, by, why, approve) for each in found]
            return outcomes

    async def _decide_one(
        self, opened: _Open, request: ReleaseRequest, by: str, why: str, approve: bool
    ) -> Outcome:
        if request.state == LOOKING:
            return Outcome(request.quarantine, LOOKING, "it is being looked at again; try again in a moment")
        tenant = opened.tenant(TenantId(request.tenant))
        wishes = MalwareHandling.of(tenant.options)
        others = second_pair_of_eyes(request.requested_by, tenant.administrators, wishes.four_eyes)
        if approve and fold(by) not in map(fold, others or (request.requested_by, OPERATOR)):
            who = " or ".join(others)
            raise ConfigurationError(f"{by} cannot approve what {request.requested_by} asked for; {who} can")
        if not approve:
            return Outcome(request.quarantine, await opened.releases.deny(request, by=by, reason=why))
        meant = await self._aim(opened, request)
        state = await opened.releases.approve(request, by=by, reason=why)
        told = f"{meant}, as {request.requested_by} asked" if state == RELEASED else ""
        return Outcome(request.quarantine, state, told)

    async def _standing(self, ids: Sequence[UUID], by: str) -> dict[UUID, list[Standing]]:
        async with _Open(self._database, self._settings) as opened:
            scope = opened.scope_of(by)
            found: dict[UUID, list[Standing]] = {}
            for typed in ids:
                asked = await opened.releases.list(tenant=scope, ids=[typed], states=[WAITING, LOOKING])
                found[typed] = [Standing(each.id, await self._words(opened, each)) for each in asked]
            return found

    async def _words(self, opened: _Open, request: ReleaseRequest) -> str:
        seen = f"looked at again: {request.second_look}" if request.second_look else "not looked at again yet"
        why = f": {request.reason}" if request.reason else ""
        return f"{request.requested_by} asked to send it to {await self._aim(opened, request)}{why}; {seen}"

    async def _aim(self, opened: _Open, request: ReleaseRequest) -> str:
        copies = await opened.quarantine.list(copies=[request.quarantine], tenant=TenantId(request.tenant))
        return aim(request.target, copies[0].recipients if copies else ())

    async def _requests(self, tenant: str | None, *, everything: bool) -> list[ReleaseRequest]:
        async with _Open(self._database, self._settings) as opened:
            scope = None
            if tenant is not None:
                scope = opened.number_of(tenant)
            return await opened.releases.list(tenant=scope, states=None if everything else [LOOKING, WAITING])


class _Open:
    """Pools and snapshots for the length of one command."""

    def __init__(self, database: Database, settings: Any) -> None:
        self._follower = SnapshotFollower(database.dsn("control"), "command")
        self._pool = Pool(database.dsn("spool"), 2)
        self.quarantine = Quarantine(self._pool, settings.spool)
        self.releases = Releases(self._pool, self.quarantine)

    async def __aenter__(self) -> _Open:
        await self._follower.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._follower.stop()
        await self._pool.close()

    def tenant(self, number: TenantId) -> TenantSnapshot:
        """Return a tenant that has copies here."""
        snapshot = self._follower.by_id(number)
        if snapshot is None:
            raise ConfigurationError("its tenant is not known any more")
        return snapshot

    def number_of(self, name: str) -> TenantId:
        """Return the number of the tenant called ``name``."""
        for snapshot in self._follower.all():
            if snapshot.name == name:
                return snapshot.tenant
        raise ConfigurationError(f"there is no tenant {name}; `lazaretto tenant list` shows all")

    def scope_of(self, who: str) -> TenantId | None:
        """Return whose copies ``who`` may release; None = everybody's.

        Raises ``ConfigurationError`` for one who is no administrator: end users have no part in it.
        """
        if who == OPERATOR:
            return None
        ruled = [each.tenant for each in self._follower.all() if may_ask(who, each.administrators)]
        if len(ruled) == 1:
            return ruled[0]
        if ruled:
            raise ConfigurationError(f"{who} is administrator of several tenants; ask as operator")
        raise ConfigurationError(
            f"{who} is no administrator; only those in `administrators` of the tenant's document release"
        )


async def _copies(
    quarantine: Quarantine, ids: Sequence[UUID], scope: TenantId | None
) -> dict[UUID, list[QuarantinedCopy]]:
    """Return the copies that each of ``ids`` means: a message's id means all its copies."""
    of_messages = await quarantine.list(messages=ids, tenant=scope)
    single = await quarantine.list(copies=ids, tenant=scope)
    return {
        typed: [each for each in of_messages if each.message == typed]
        or [each for each in single if each.id == typed]
        for typed in ids
    }

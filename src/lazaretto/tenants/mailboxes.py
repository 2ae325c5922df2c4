"""What people set and share around their own quarantine: digests, further addresses, readers, groups.

Rows of the ``control`` database, not of the tenant's document: an administrator publishes what holds
for all, and each person changes their own without a new version of it.  Addresses are folded.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import Enum
from typing import Any, Final, LiteralString
from uuid import UUID, uuid4

from lazaretto.core.address import fold
from lazaretto.core.end_users import Weekday
from lazaretto.core.errors import ConfigurationError
from lazaretto.core.identity import TenantId
from lazaretto.core.mail_links import digest_of
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query

_PACKAGE: Final = "lazaretto.tenants"
LOOK_GIVEN_UP_AFTER: Final = timedelta(hours=1)
"""A look that did not end is taken up as it was only so long: what stops it must not hold up later hours.

Where it is given up, somebody whose digest went and was not noted is told of the same again, and of what
came since.
"""
MOST_READERS: Final = 100
"""People that one mailbox lets in, and further addresses of one person."""


class DigestChoice(Enum):
    """When somebody wants digests."""

    USUAL = "usual"
    """As the tenant says."""
    OWN = "own"
    """At hours of their own."""
    NONE = "none"


class Reading(Enum):
    """Why somebody reads a mailbox that is not their own."""

    ADDRESS = "address"
    """It is a further address of the reader's."""
    DELEGATE = "delegate"
    """Its owner lets the reader in."""
    GROUP = "group"
    """It is shared, and the reader looks after it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxChoices:
    """What the owner of a mailbox chose."""

    language: str = ""
    """Empty = as the tenant says."""
    digest: DigestChoice = DigestChoice.USUAL
    hours: Mapping[Weekday, tuple[int, ...]] = field(default_factory=dict)
    """Full hours, where ``digest`` is OWN."""
    silent: frozenset[str] = frozenset()
    """Quarantine reasons that they do not want to hear of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class MailboxState:
    """How far the owner of a mailbox has been told."""

    welcomed_at: datetime | None = None
    digested_at: datetime | None = None
    """The hour that the last digest was for."""
    told_until: datetime | None = None
    """When the newest copy came to rest that a digest told of."""


@dataclass(frozen=True, slots=True)
class DigestLook:
    """A look at who is due for a digest, as at a moment: done again after a crash, it finds the same."""

    at: datetime
    before: datetime | None = None
    """The moment of the last one that went to its end; None where there was none."""


@dataclass(frozen=True, slots=True)
class Access:
    """A mailbox that somebody reads besides their own, or somebody who reads one."""

    mailbox: str
    reader: str
    kind: Reading
    confirmed_at: datetime | None


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountGroup:
    """Shared mailboxes, and those who look after them."""

    id: UUID
    name: str
    mailboxes: tuple[str, ...]
    members: tuple[str, ...]


class Mailboxes:
    """The choices and readers of all mailboxes of this platform."""

    def __init__(self, control: Pool) -> None:
        self._pool = control

    async def choices(self, tenant: TenantId, address: str) -> MailboxChoices:
        """Return what the owner of ``address`` chose; the defaults where nothing was."""
        found = await self._one("read_mailbox", {"tenant": tenant, "address": fold(address)})
        return MailboxChoices() if found is None else _choices(found)

    async def choose(self, tenant: TenantId, address: str, choices: MailboxChoices) -> None:
        """Note what the owner of ``address`` chose."""
        parameters = {
            "tenant": tenant,
            "address": fold(address),
            "language": choices.language,
            "digest": choices.digest.value,
            "hours": json.dumps({day.value: list(hours) for day, hours in choices.hours.items()}),
            "silent": sorted(choices.silent),
        }
        await self._do("choose_mailbox", parameters)

    async def states(
        self, tenant: TenantId, addresses: Sequence[str]
    ) -> dict[str, tuple[MailboxChoices, MailboxState]]:
        """Return choices and states of those of ``addresses`` that have any."""
        rows = await self._all("read_mailboxes", {"tenant": tenant, "addresses": list(addresses)})
        return {
            row[0]: (
                _choices(row[1:5]),
                MailboxState(welcomed_at=row[5], digested_at=row[6], told_until=row[7]),
            )
            for row in rows
        }

    async def note_told(
        self,
        tenant: TenantId,
        address: str,
        *,
        welcomed_at: datetime,
        slot: datetime | None = None,
        until: datetime | None = None,
    ) -> None:
        """Note that the owner was welcomed, and told of what came to rest until ``until``; None = of nothing.

        Time never goes back, and the first welcome stays the first.
        """
        parameters = {
            "tenant": tenant,
            "address": fold(address),
            "slot": slot,
            "until": until,
            "welcomed_at": welcomed_at,
        }
        await self._do("note_mailbox_told", parameters)

    async def begin_digest_look(self, now: datetime) -> DigestLook:
        """Begin a look at ``now``, or take up the one that did not end; one at a time, for all tenants."""
        found = await self._one("begin_digest_look", {"now": now, "given_up_after": LOOK_GIVEN_UP_AFTER})
        assert found is not None
        return DigestLook(at=found[0], before=found[1])

    async def end_digest_look(self, look: DigestLook) -> None:
        """Note that ``look`` went to its end."""
        await self._do("end_digest_look", {"at": look.at})

    async def read_by(self, tenant: TenantId, reader: str) -> list[Access]:
        """Return what ``reader`` reads besides their own mailbox; unconfirmed addresses as well."""
        rows = await self._all("list_read_by", {"tenant": tenant, "reader": fold(reader)})
        return [Access(row[0], row[1], Reading(row[2]), row[3]) for row in rows]

    async def readers_of(self, tenant: TenantId, mailbox: str) -> list[Access]:
        """Return who reads ``mailbox`` besides its owner."""
        rows = await self._all("list_readers_of", {"tenant": tenant, "mailbox": fold(mailbox)})
        return [Access(row[0], row[1], Reading(row[2]), row[3]) for row in rows]

    async def let_read(
        self, tenant: TenantId, mailbox: str, reader: str, kind: Reading, *, by: str, now: datetime
    ) -> None:
        """Let ``reader`` read ``mailbox``; a further address only once it is confirmed.

        Raises ``ConfigurationError`` where there are too many already.
        """
        parameters = {
            "tenant": tenant,
            "mailbox": fold(mailbox),
            "reader": fold(reader),
            "kind": kind.value,
            "by": by,
            "now": now,
            "confirmed_at": None if kind is Reading.ADDRESS else now,
            "most": MOST_READERS,
        }
        if await self._one("let_read", parameters) is None:
            raise ConfigurationError(f"at most {MOST_READERS} people read one mailbox; remove one first")

    async def confirm(self, tenant: TenantId, mailbox: str, reader: str, now: datetime) -> bool:
        """Confirm a further address of ``reader``; False where nobody waits for that."""
        parameters = {"tenant": tenant, "mailbox": fold(mailbox), "reader": fold(reader), "now": now}
        return await self._one("confirm_reader", parameters) is not None

    async def end_reading(self, tenant: TenantId, mailbox: str, reader: str) -> bool:
        """Let ``reader`` not read ``mailbox`` any more; False where they did not."""
        parameters = {"tenant": tenant, "mailbox": fold(mailbox), "reader": fold(reader)}
        return await self._one("end_reading", parameters) is not None

    async def groups(self, tenant: TenantId) -> list[AccountGroup]:
        """Return the account groups of ``tenant`` by name."""
        rows = await self._all("list_account_groups", {"tenant": tenant})
        return [
            AccountGroup(id=row[0], name=row[1], mailboxes=tuple(row[2]), members=tuple(row[3]))
            for row in rows
        ]

    async def put_group(
        self, tenant: TenantId, name: str, mailboxes: Sequence[str], members: Sequence[str]
    ) -> None:
        """Make the group called ``name``, or give it these mailboxes and members in place of its own."""
        parameters = {
            "id": uuid4(),
            "tenant": tenant,
            "name": name,
            "mailboxes": sorted({fold(each) for each in mailboxes}),
            "members": sorted({fold(each) for each in members}),
        }
        await self._do("put_account_group", parameters)

    async def remove_group(self, tenant: TenantId, identity: UUID) -> bool:
        """End a group; False where there is none."""
        return await self._one("remove_account_group", {"tenant": tenant, "id": identity}) is not None

    async def unasked(self, wanted: int) -> list[tuple[TenantId, str, str, datetime]]:
        """Return further addresses whose confirmation was not mailed: tenant, mailbox, reader, when given."""
        rows = await self._all("list_unasked_readers", {"wanted": wanted})
        return [(TenantId(row[0]), row[1], row[2], row[3]) for row in rows]

    async def note_asked(self, tenant: TenantId, mailbox: str, reader: str, now: datetime) -> None:
        """Note that the confirmation of a further address was mailed."""
        parameters = {"tenant": tenant, "mailbox": mailbox, "reader": reader, "now": now}
        await self._do("note_reader_asked", parameters)

    async def untold(self, requests: Sequence[UUID]) -> set[UUID]:
        """Return those of ``requests`` whose decision was mailed to nobody."""
        rows = await self._all("find_untold_decisions", {"requests": list(requests)})
        return {row[0] for row in rows}

    async def note_decision_told(self, request: UUID, now: datetime) -> None:
        """Note that a decision was mailed to the one who had asked."""
        await self._do("note_decision_told", {"request": request, "now": now})

    async def use_link(self, text: str, expires_at: datetime, now: datetime) -> bool:
        """Note that the link ``text`` was used; False where it was used before."""
        parameters = {"digest": digest_of(text), "now": now, "expires_at": expires_at}
        return await self._one("use_mail_link", parameters) is not None

    async def was_used(self, text: str) -> bool:
        """Tell whether the link ``text`` was used."""
        return await self._one("find_used_link", {"digest": digest_of(text)}) is not None

    async def forget(self, now: datetime) -> int:
        """Forget links that are over by themselves; return how many."""
        return len(await self._all("forget_used_links", {"now": now}, commits=True))

    async def _one(self, name: LiteralString, parameters: dict[str, Any]) -> tuple[Any, ...] | None:
        rows = await self._all(name, parameters, commits=not name.startswith(("read", "list", "find")))
        return rows[0] if rows else None

    async def _all(
        self, name: LiteralString, parameters: dict[str, Any], *, commits: bool = False
    ) -> list[tuple[Any, ...]]:
        lend = self._pool.transaction if commits else self._pool.connection
        async with lend() as connection:
            cursor = await connection.execute(query(_PACKAGE, name), parameters)
            return await cursor.fetchall()

    async def _do(self, name: LiteralString, parameters: dict[str, Any]) -> None:
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, name), parameters)


def _choices(row: Sequence[Any]) -> MailboxChoices:
    language, digest, hours, silent = row
    return MailboxChoices(
        language=language,
        digest=DigestChoice(digest),
        hours={Weekday(day): tuple(listed) for day, listed in hours.items()},
        silent=frozenset(silent),
    )

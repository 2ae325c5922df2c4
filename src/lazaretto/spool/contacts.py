"""With whom the people of a tenant had mail before: digests under a key of the platform's, and days.

Nobody can read an address from the table, nor try one without the key.  A tenant has at most
``MOST`` acquaintances, and one that is not renewed within a year is forgotten.
"""

from __future__ import annotations

import hashlib
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Final

from lazaretto.core.address import fold
from lazaretto.core.facts import Acquaintance
from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.spool.known_contacts import KnownContacts
from lazaretto.spool.rows import row_set

_PACKAGE: Final = "lazaretto.spool"
MOST: Final = 200_000
KEEP: Final = timedelta(days=365)
RIPE_AFTER: Final = timedelta(days=14)
"""How long a tenant's mail must have been known before strangers can be told from acquaintances."""
MARKS: Final = 1_000
"""Keys below are no acquaintances: each marks since when a tenant's mail is known under one secret."""
EVERYBODY: Final = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meeting:
    """That a person outside had mail with people of a tenant."""

    tenant: TenantId
    person: str
    """The address outside."""
    mailboxes: tuple[str, ...]
    """Folded mailboxes of the tenant's."""
    is_vouched: bool
    """Somebody vouched for the person's address."""
    day: date


@dataclass(frozen=True, slots=True)
class _Row:
    tenant: int
    key: int
    day: date


class Contacts:
    """Table ``contact`` of the spool, and what was found in it today."""

    def __init__(self, pool: Pool, secret: bytes, clock: Callable[[], float] = time.monotonic) -> None:
        """``secret`` is the same on all nodes, and known to nobody who may read the database.

        Under another one nobody is known, and ``RIPE_AFTER`` begins anew.
        """
        self._pool = pool
        self._secret = hashlib.blake2b(secret, person=b"lz contacts").digest()
        self._mark = int.from_bytes(self._secret, "big") % MARKS
        self._ripe_on: dict[TenantId, date] = {}
        self._known = KnownContacts(clock)

    async def note(self, meetings: Iterable[Meeting]) -> None:
        """Note ``meetings``; noting one again changes no more than its day."""
        rows = {
            (row.tenant, row.key): row
            for each in sorted(meetings, key=lambda each: each.day)
            for row in self._rows(each)
        }
        if not rows:
            return
        async with self._pool.transaction() as connection:
            # In one order everywhere, as two processes may note the same.
            ordered = [rows[key] for key in sorted(rows)]
            await connection.execute(query(_PACKAGE, "note_contacts"), {"rows": row_set(ordered)})

    async def acquaintance(
        self, tenant: TenantId, person: str, mailboxes: Sequence[str], today: date
    ) -> Acquaintance | None:
        """Return who of ``mailboxes``, and of everybody, knows ``person``.

        None where the tenant's mail has not been known for long enough to tell.  The table is not asked
        where all are known already.
        """
        if today < self._ripe_on.get(tenant, today):
            return None
        pairs = {
            mailbox: (
                self._key(tenant, person, mailbox, is_vouched=False),
                self._key(tenant, person, mailbox, is_vouched=True),
            )
            for mailbox in (EVERYBODY, *mailboxes)
        }
        found = self._known.recall(tenant, pairs.values(), today)
        if found is None:
            found = await self._found(tenant, pairs.values(), today)
        if found is None:
            return None
        keys = set(found)
        return Acquaintance(
            tenant=tenant,
            asked=tuple(mailboxes),
            vouched=tuple(sorted(mailbox for mailbox, (_, vouched) in pairs.items() if vouched in keys)),
            claimed=tuple(sorted(mailbox for mailbox, (claimed, _) in pairs.items() if claimed in keys)),
        )

    async def _found(
        self, tenant: TenantId, pairs: Iterable[tuple[int, int]], today: date
    ) -> list[int] | None:
        """Ask the table which of ``pairs`` ``tenant`` has; None where its mail is too new to tell."""
        parameters = {"tenant": tenant, "keys": [self._mark, *(key for pair in pairs for key in pair)]}
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query(_PACKAGE, "find_contacts"), parameters)
            found: dict[int, date] = dict(await cursor.fetchall())
        began = found.pop(self._mark, None)
        if began is None:
            return None
        self._ripe_on[tenant] = began + RIPE_AFTER
        if today < self._ripe_on[tenant]:
            return None
        self._known.remember(tenant, found, today)
        return list(found)

    def _rows(self, meeting: Meeting) -> Iterable[_Row]:
        yield _Row(meeting.tenant, self._mark, meeting.day)
        for mailbox in (EVERYBODY, *meeting.mailboxes):
            key = self._key(meeting.tenant, meeting.person, mailbox, is_vouched=meeting.is_vouched)
            yield _Row(meeting.tenant, key, meeting.day)

    def _key(self, tenant: TenantId, person: str, mailbox: str, *, is_vouched: bool) -> int:
        text = f"{tenant}\0{is_vouched:d}\0{mailbox}\0{fold(person)}".encode("utf-8", "surrogatepass")
        digest = hashlib.blake2b(text, digest_size=8, key=self._secret).digest()
        key = int.from_bytes(digest, "big", signed=True)
        return key if not 0 <= key < MARKS else key + MARKS


async def forget_contacts(pool: Pool, now: datetime) -> None:
    """Forget acquaintances that are too old or too many."""
    parameters = {"before": (now - KEEP).date(), "most": MOST, "marks": MARKS}
    async with pool.transaction() as connection:
        await connection.execute(query(_PACKAGE, "forget_contacts"), parameters)

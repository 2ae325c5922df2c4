"""Orders given by command, recorded as those given by API are: before they are carried out.

Who gives them is the user of this machine; whom a command names besides (``--as``) acts through them.
"""

from __future__ import annotations

import asyncio
import os
import pwd
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any
from uuid import UUID

from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.journal.auditing import OPERATOR, Act, AuditLog, failed
from lazaretto.run.consulting import consult
from lazaretto.run.database import Database
from lazaretto.run.home import Home
from lazaretto.run.settings import load_settings
from lazaretto.spool.quarantine import Quarantine


def os_user() -> str:
    """Return who runs this process: the user of the machine, and who became that user by sudo."""
    try:
        name = pwd.getpwuid(os.getuid()).pw_name
    except KeyError:
        name = f"uid {os.getuid()}"
    # What sudo says of itself is only a hint, and told beside the user that the kernel knows.
    became = os.environ.get("SUDO_USER", "")
    return f"{name} (sudo {became[:64]})" if became and became != name and became.isprintable() else name


def actor() -> str:
    """Return this command's user as the audit names it."""
    return f"command:{os_user()}"


@contextmanager
def ordered(
    home: Home,
    act: str,
    subject: str,
    *,
    tenants: Iterable[TenantId | None] = (None,),
    on_behalf_of: str = "",
    before: Any = None,
    after: Any = None,
) -> Iterator[None]:
    """Record that this command orders ``act``, then let the block do it; a failure is recorded, too.

    It stands in the chain of each of ``tenants``; None and nobody mean the operator's own.
    """
    chains = list(dict.fromkeys(OPERATOR if each is None else each for each in tenants)) or [OPERATOR]
    acts = [
        Act(
            tenant=chain,
            actor=actor(),
            on_behalf_of=on_behalf_of,
            act=act,
            object=subject,
            before=before,
            after=after,
        )
        for chain in chains
    ]
    database = Database(home, load_settings(home))
    with database.available():
        _record(database, acts)
        try:
            yield
        except Exception as failure:
            _record(database, [failed(each, failure) for each in acts])
            raise


def tenants_of_quarantined(home: Home, ids: Sequence[UUID]) -> list[TenantId]:
    """Return whose copies ``ids`` mean: ids of messages or of copies."""
    settings = load_settings(home)

    async def found(pool: Pool) -> list[TenantId]:
        quarantine = Quarantine(pool, settings.spool)
        copies = [*await quarantine.list(messages=ids), *await quarantine.list(copies=ids)]
        return sorted({copy.tenant for copy in copies})

    return consult(home, "spool", found)


def _record(database: Database, acts: Sequence[Act]) -> None:
    async def record() -> None:
        pool = Pool(database.dsn("control"), 1)
        try:
            log = AuditLog(pool)
            for act in acts:
                await log.record(act)
        finally:
            await pool.close()

    asyncio.run(record())

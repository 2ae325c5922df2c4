"""The demonstration's traffic, gone again: every row of its tenants in the spool and in the trace.

The tenants and their documents stay, as do the accounts: they are what `make run` makes anew anyway.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Final

from psycopg import sql

from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.run.database import Database
from lazaretto.run.home import Home
from lazaretto.run.publishing import with_tenants
from lazaretto.run.settings import load_settings

_KEEP: Final = frozenset({"tenant_key", "signing_key", "tenant", "tenant_version", "publication"})
_OF_PEOPLE: Final = ("mailbox", "mailbox_reader", "account_group", "report_case")
_WITH_TENANT: Final = """
SELECT relation.relname
FROM pg_attribute AS attribute
JOIN pg_class AS relation ON relation.oid = attribute.attrelid
WHERE attribute.attname = 'tenant'
  AND relation.relkind IN ('r', 'p')
  AND NOT relation.relispartition
  AND relation.relnamespace = 'public'::regnamespace
"""


def clear(home: Home, names: Sequence[str]) -> int:
    """Remove the traffic of the tenants called ``names``; return how many rows went."""
    found = [with_tenants(home, None, lambda store, name=name: store.number_of(name)) for name in names]  # type: ignore[misc]
    numbers = [number for number in found if number is not None]
    database = Database(home, load_settings(home))
    with database.available():
        return asyncio.run(_clear(database, numbers))


async def _clear(database: Database, numbers: Sequence[TenantId]) -> int:
    count = 0
    for name in ("spool", "trace", "control"):
        pool = Pool(database.dsn(name), 1)
        count += await _empty(pool, numbers, _OF_PEOPLE if name == "control" else ())
        await pool.close()
    return count


async def _empty(pool: Pool, numbers: Sequence[TenantId], only: Sequence[str]) -> int:
    count = 0
    async with pool.transaction() as connection:
        cursor = await connection.execute(_WITH_TENANT)
        tables = only or [name for (name,) in await cursor.fetchall() if name not in _KEEP]
        for table in tables:
            statement = sql.SQL("DELETE FROM {} WHERE tenant = ANY (%s)").format(sql.Identifier(table))
            count += (await connection.execute(statement, [list(numbers)])).rowcount
    return count

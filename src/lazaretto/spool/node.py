"""This machine among the others: its number, and a lease that shows that it lives."""

from __future__ import annotations

import socket
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

from lazaretto.core.errors import ConfigurationError
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.files.placing import write_new_durably


@dataclass(frozen=True, slots=True)
class Node:
    """One home: all of its processes share the number."""

    number: int


async def register(pool: Pool, home: Path, lease: timedelta) -> Node:
    """Return the node of ``home``, known by the token in its file ``node``; the first call makes both."""
    token = _token(home / "node")
    now = datetime.now(tz=UTC)
    parameters = {"token": token, "host": socket.gethostname(), "lease_until": now + lease}
    async with pool.transaction() as connection:
        cursor = await connection.execute(query("lazaretto.spool", "register_node"), parameters)
        row = await cursor.fetchone()
    assert row is not None
    return Node(row[0])


async def renew(pool: Pool, node: Node, lease: timedelta) -> None:
    """Say that ``node`` lives; call it well within ``lease``."""
    parameters = {"number": node.number, "lease_until": datetime.now(tz=UTC) + lease}
    async with pool.transaction() as connection:
        await connection.execute(query("lazaretto.spool", "renew_node"), parameters)


def _token(file: Path) -> UUID:
    if not file.exists():
        # Where two processes start at once, one of them writes and both read the same.
        write_new_durably(file, f"{uuid4()}\n".encode())
    try:
        return UUID(file.read_text(encoding="ascii").strip())
    except ValueError as failure:
        raise ConfigurationError(f"{file} does not hold a node's token; remove it") from failure

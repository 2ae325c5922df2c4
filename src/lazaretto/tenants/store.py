"""Publishing: documents become versions, versions come into force, and any of them can come back."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from types import TracebackType
from typing import Any, Final, LiteralString, Self

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Connection, Pool
from lazaretto.db.sql import query
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import TenantDocument, export_document, parse_document
from lazaretto.tenants.encoding import FORMAT, encode_snapshot
from lazaretto.tenants.services.contract import Contract
from lazaretto.tenants.services.review import Review

CHANNEL: Final = "lazaretto_publication"
_LOOK_EVERY: Final = 0.05
CONNECTIONS: Final = 2
"""The most that one ``TenantStore`` has to ``control``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Applied:
    """What came of applying a document."""

    tenant: TenantId
    name: str
    version: int
    publication: int
    """The number to wait for until it is in force everywhere."""
    changed: bool
    """False when the very same configuration was in force already."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """One entry of a tenant's history."""

    number: int
    published_at: datetime
    published_by: str
    note: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    """What is known of a tenant without reading its document."""

    tenant: TenantId
    version: int
    publication: int
    needs_review: bool
    reseller: str


class ReviewRequired(ConfigurationError):
    """The tenant's changes are published when a second person approved them."""

    def __init__(self, name: str) -> None:
        super().__init__(
            f"changes of {name} need a second person: propose this one (`lazaretto proposal make`, or the"
            " API's proposals), and let somebody else approve it"
        )


class OutdatedVersion(ConfigurationError):
    """Somebody else published since the one that was changed was read."""

    def __init__(self, expected: int, found: int) -> None:
        super().__init__(
            f"version {found} is in force, not {expected}; read it again and repeat the change on it"
        )


class TenantStore:
    """The tenants' documents in the ``control`` database; for use in one event loop."""

    def __init__(self, dsn: str) -> None:
        self._pool = Pool(dsn, CONNECTIONS)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Close the connections."""
        await self._pool.close()

    async def apply(
        self,
        text: str,
        by: str,
        *,
        name: str = "document",
        note: str = "",
        expected: int | None = None,
        reviewed: bool = False,
    ) -> Applied:
        """Publish the document in ``text``; the same configuration again changes nothing.

        ``name`` is what messages call the document.  Raises ``ConfigurationError`` when it is wrong,
        or names a domain or sending network of another tenant, ``OutdatedVersion`` where another version
        than ``expected`` is in force, and ``ReviewRequired`` where a second person is needed and this was
        not ``reviewed``.
        """
        return await self._publish(parse_document(text, name), by, note, expected, reviewed=reviewed)

    async def apply_document(
        self,
        document: TenantDocument,
        by: str,
        *,
        note: str = "",
        expected: int | None = None,
        reviewed: bool = False,
    ) -> Applied:
        """Publish ``document`` as ``apply`` does with its text."""
        return await self._publish(document, by, note, expected, reviewed=reviewed)

    async def rollback(self, name: str, version: int, by: str = "rollback") -> Applied:
        """Publish the document of an older version again, as a new version.

        Raises ``ReviewRequired`` where a second person is needed: going back is a change as well.
        """
        text = await self._document_of(name, version)
        document = parse_document(text, f"{name} version {version}")
        return await self._publish(document, by, f"rollback to version {version}")

    async def export(self, name: str, version: int | None = None) -> str:
        """Return the canonical document in force, or that of an older ``version``.

        Applying the one in force changes nothing.  Raises ``ConfigurationError`` when there is none.
        """
        if version is not None:
            return await self._document_of(name, version)
        async with self._pool.connection() as connection:
            row = await _first(connection, _sql("current_version"), {"name": name})
        if row is None:
            raise _unknown(name)
        return str(row[3])

    async def in_force(self, name: str) -> tuple[int, str]:
        """Return the version that applies and its canonical document, of the same moment."""
        async with self._pool.connection() as connection:
            row = await _first(connection, _sql("current_version"), {"name": name})
        if row is None:
            raise _unknown(name)
        return int(row[1]), str(row[3])

    async def version_text(self, name: str, version: int) -> str | None:
        """Return the canonical document of one version; None when there is none."""
        async with self._pool.connection() as connection:
            row = await _first(connection, _sql("version_of"), {"name": name, "version": version})
        return None if row is None else str(row[0])

    async def _document_of(self, name: str, version: int) -> str:
        text = await self.version_text(name, version)
        if text is None:
            raise ConfigurationError(
                f'"{name}" has no version {version}; "lazaretto tenant history {name}" lists them'
            )
        return text

    async def state_of(self, name: str) -> State | None:
        """Return what is known of the tenant called ``name``; None when there is none."""
        async with self._pool.connection() as connection:
            row = await _first(connection, _sql("state_of"), {"name": name})
        return None if row is None else _state(row)

    async def number_of(self, name: str) -> TenantId | None:
        """Return the number of the tenant called ``name``; None when there is none."""
        state = await self.state_of(name)
        return None if state is None else state.tenant

    async def version_in_force(self, name: str) -> int | None:
        """Return the number of the version that applies; None when there is no such tenant."""
        state = await self.state_of(name)
        return None if state is None else state.version

    async def owner_of(self, domain: str) -> str | None:
        """Return the name of the tenant that receives for ``domain``; None when none does."""
        async with self._pool.connection() as connection:
            # Nobody's name is empty, so every owner is a foreign one.
            row = await _first(connection, _sql("foreign_domains"), {"domains": [domain], "name": ""})
        return None if row is None else str(row[1])

    async def names(self) -> tuple[str, ...]:
        """Return the names of all tenants in their order."""
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(_sql("names"))).fetchall()
        return tuple(row[0] for row in rows)

    async def states(self) -> dict[str, State]:
        """Return what is known of every tenant, by its name, in the order of names."""
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(_sql("states"))).fetchall()
        return {row[0]: _state(row[1:]) for row in rows}

    async def history(self, name: str) -> tuple[Version, ...]:
        """Return the tenant's versions, latest first."""
        async with self._pool.connection() as connection:
            rows = await (await connection.execute(_sql("history"), {"name": name})).fetchall()
        if not rows:
            raise _unknown(name)
        return tuple(
            Version(number=row[0], published_at=row[1], published_by=row[2], note=row[3]) for row in rows
        )

    async def lagging(self, publication: int) -> tuple[str, ...]:
        """Return the names of living processes that do not have ``publication`` in force yet."""
        async with self._pool.connection() as connection:
            cursor = await connection.execute(_sql("lagging"), {"publication": publication})
            return tuple(row[0] for row in await cursor.fetchall())

    async def wait_until_in_force(self, publication: int, timeout: float = 5.0) -> tuple[str, ...]:  # noqa: ASYNC109 - part of the answer
        """Return when every living process has ``publication`` in force: normally an empty tuple.

        After ``timeout`` seconds return the names of the processes that still do not.
        """
        end = asyncio.get_running_loop().time() + timeout
        while lagging := await self.lagging(publication):
            if asyncio.get_running_loop().time() >= end:
                break
            await asyncio.sleep(_LOOK_EVERY)
        return lagging

    async def _publish(
        self,
        document: TenantDocument,
        by: str,
        note: str,
        expected: int | None = None,
        *,
        reviewed: bool = False,
    ) -> Applied:
        text = export_document(document)
        if (in_force := await self._in_force(document.tenant, text)) is not None:
            return in_force
        async with self._pool.transaction() as connection:
            # First, so that nothing that is read below can change before the end.
            (publication,) = await _only(connection, _sql("next_publication"), {})
            row = await _first(connection, _sql("state_of"), {"name": document.tenant})
            state = None if row is None else _state(row)
            if expected is not None and (state is None or state.version != expected):
                raise OutdatedVersion(expected, 0 if state is None else state.version)
            if state is not None and state.needs_review and not reviewed:
                raise ReviewRequired(document.tenant)
            await _check_foreign(connection, document)
            applied = await _advance(connection, document, state, publication)
            await _write(connection, document, text, applied, by, note)
            await connection.execute("SELECT pg_notify(%s, %s)", [CHANNEL, str(publication)])
        return applied

    async def _in_force(self, name: str, text: str) -> Applied | None:
        """Return the version in force if it is the very ``text``."""
        async with self._pool.connection() as connection:
            row = await _first(connection, _sql("same_in_force"), {"name": name, "document": text})
        if row is None:
            return None
        return Applied(tenant=TenantId(row[0]), name=name, version=row[1], publication=row[2], changed=False)


async def _check_foreign(connection: Connection, document: TenantDocument) -> None:
    """Raise ``ConfigurationError`` when something of ``document`` is another tenant's."""
    domains = {"domains": list(document.domains), "name": document.tenant}
    networks = {"networks": list(document.outbound.senders), "name": document.tenant}
    problems = [
        f'the domain "{domain}" belongs to the tenant "{owner}"; remove it there first'
        for domain, owner in await _all(connection, _sql("foreign_domains"), domains)
    ]
    problems += [
        f'addresses of {network} are registered as senders of the tenant "{owner}"; remove them there first'
        for network, owner in await _all(connection, _sql("foreign_networks"), networks)
    ]
    if problems:
        raise ConfigurationError("\n".join(problems))


async def _advance(
    connection: Connection, document: TenantDocument, state: State | None, publication: int
) -> Applied:
    """Put the next version in force, the first one for a new tenant."""
    if state is None:
        named = {"name": document.tenant, "publication": publication}
        (tenant,) = await _only(connection, _sql("add_tenant"), named)
        version = 1
    else:
        tenant, version = state.tenant, state.version + 1
        moved = {"tenant": tenant, "version": version, "publication": publication}
        await connection.execute(_sql("move_tenant"), moved)
    return Applied(
        tenant=TenantId(tenant), name=document.tenant, version=version, publication=publication, changed=True
    )


async def _write(
    connection: Connection, document: TenantDocument, text: str, applied: Applied, by: str, note: str
) -> None:
    snapshot = compile_snapshot(document, applied.tenant, applied.version)
    version = {
        "tenant": applied.tenant,
        "version": applied.version,
        "document": text,
        "snapshot": encode_snapshot(snapshot),
        "format": FORMAT,
        "by": by,
        "note": note,
    }
    await connection.execute(_sql("add_version"), version)
    contract = {
        "tenant": applied.tenant,
        "reseller": Contract.of(document).reseller or "",
        "needs_review": Review.of(document).required,
    }
    await connection.execute(_sql("note_contract"), contract)
    domains = {"tenant": applied.tenant, "domains": list(document.domains)}
    await connection.execute(_sql("set_domains"), domains)
    networks = {"tenant": applied.tenant, "networks": list(document.outbound.senders)}
    await connection.execute(_sql("set_networks"), networks)


def _state(row: tuple[Any, ...]) -> State:
    tenant, version, publication, needs_review, reseller = row
    return State(
        tenant=TenantId(tenant),
        version=version,
        publication=publication,
        needs_review=needs_review,
        reseller=reseller,
    )


async def _first(
    connection: Connection, text: LiteralString, parameters: dict[str, Any]
) -> tuple[Any, ...] | None:
    return await (await connection.execute(text, parameters)).fetchone()


async def _only(connection: Connection, text: LiteralString, parameters: dict[str, Any]) -> tuple[Any, ...]:
    row = await _first(connection, text, parameters)
    assert row is not None
    return row


async def _all(
    connection: Connection, text: LiteralString, parameters: dict[str, Any]
) -> list[tuple[Any, ...]]:
    return await (await connection.execute(text, parameters)).fetchall()


def _sql(name: str) -> LiteralString:
    return query("lazaretto.tenants", name)


def _unknown(name: str) -> ConfigurationError:
    return ConfigurationError(f'there is no tenant "{name}"; "lazaretto tenant list" names them all')

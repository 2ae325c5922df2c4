"""Private keys for signatures, sealed at rest like content: each by a data key of its tenant's.

A selector is used for one key only, ever: whoever remembers an old public key under its name would
otherwise find new signatures forged.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from enum import Enum
from typing import Final

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lazaretto.core.errors import ContentDamaged
from lazaretto.core.identity import TenantId
from lazaretto.db.pool import Pool
from lazaretto.db.sql import query
from lazaretto.spool.keys import HeldKey, Keys
from lazaretto.spool.rows import row_set

_PACKAGE: Final = "lazaretto.spool"
_NONCE_SIZE: Final = 12
_BEGINNING: Final = datetime(1970, 1, 1, tzinfo=UTC)


class KeyState(Enum):
    """Where a key is on its way."""

    WAITING = "waiting"
    """Made, to be published in the DNS; signs nothing yet."""
    SIGNING = "signing"
    RETIRED = "retired"
    """Signs nothing more; its record stays until the mail that it signed has arrived."""
    REMOVED = "removed"


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredKey:
    """A signing key as it rests."""

    tenant: TenantId
    domain: str
    selector: str
    algorithm: str
    record: str
    """The text of the TXT record that publishes it."""
    sealed: bytes
    wrapped_key: bytes
    key_version: int
    state: KeyState
    created_at: datetime
    changed_at: datetime

    @property
    def record_name(self) -> str:
        """The name of that record."""
        return f"{self.selector}._domainkey.{self.domain}"


class SigningKeys:
    """Signing keys in table ``signing_key``."""

    def __init__(self, pool: Pool, keys: Keys) -> None:
        self._pool = pool
        self._keys = keys

    async def add(self, wanted: StoredKey, private: bytes) -> bool:
        """Seal and store ``private`` under what ``wanted`` says; False when its selector was ever used."""
        data_key = await self._keys.new_data_key(wanted.tenant)
        nonce = os.urandom(_NONCE_SIZE)
        sealed = nonce + AESGCM(data_key.key).encrypt(nonce, private, _about(wanted))
        parameters = {
            "domain": wanted.domain,
            "selector": wanted.selector,
            "tenant": wanted.tenant,
            "algorithm": wanted.algorithm,
            "record": wanted.record,
            "sealed": sealed,
            "wrapped_key": data_key.wrapped,
            "key_version": data_key.version,
            "state": wanted.state.value,
            "now": wanted.created_at,
        }
        async with self._pool.transaction() as connection:
            cursor = await connection.execute(query(_PACKAGE, "add_signing_key"), parameters)
            return cursor.rowcount == 1

    async def list(self, tenant: TenantId | None = None, since: datetime = _BEGINNING) -> Sequence[StoredKey]:
        """Return the keys that changed since a moment, of ``tenant`` or of all, removed ones included."""
        return await list_signing_keys(self._pool, tenant, since)

    async def move(self, key: StoredKey, state: KeyState, now: datetime) -> StoredKey:
        """Put ``key`` into ``state``; one that was removed stays so."""
        parameters = {
            "tenant": key.tenant,
            "domain": key.domain,
            "selector": key.selector,
            "state": state.value,
            "now": now,
        }
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, "move_signing_key"), parameters)
        return replace(key, state=state, changed_at=now)

    async def private(self, key: StoredKey) -> bytes:
        """Return the private key; ``ContentDamaged`` when it is not what was sealed under this name."""
        data_key = await self._keys.unwrap(key.tenant, key.wrapped_key, key.key_version)
        nonce, sealed = key.sealed[:_NONCE_SIZE], key.sealed[_NONCE_SIZE:]
        try:
            return AESGCM(data_key).decrypt(nonce, sealed, _about(key))
        except (InvalidTag, ValueError) as failure:
            raise ContentDamaged(f"the key of {key.record_name} does not open; make another") from failure


async def list_signing_keys(
    pool: Pool, tenant: TenantId | None, since: datetime = _BEGINNING
) -> Sequence[StoredKey]:
    """Return the keys that changed since a moment, for those who need no private one."""
    async with pool.connection() as connection:
        cursor = await connection.execute(
            query(_PACKAGE, "list_signing_keys"), {"tenant": tenant, "since": since}
        )
        return [_stored(row) for row in await cursor.fetchall()]


class SigningDataKeys:
    """Wrapped data keys in table ``signing_key``; see ``keys.DataKeyHolder``."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool

    async def wrapped_before(self, tenant: TenantId, version: int, limit: int) -> Sequence[HeldKey]:
        """Return up to ``limit`` data keys that are wrapped by a version below ``version``."""
        parameters = {"tenant": tenant, "version": version, "wanted": limit}
        async with self._pool.connection() as connection:
            cursor = await connection.execute(query(_PACKAGE, "held_signing_keys"), parameters)
            return [HeldKey(holder, wrapped, by) for holder, wrapped, by in await cursor.fetchall()]

    async def replace(self, tenant: TenantId, keys: Sequence[HeldKey]) -> None:
        """Store them in one transaction."""
        parameters = {"tenant": tenant, "keys": row_set(keys)}
        async with self._pool.transaction() as connection:
            await connection.execute(query(_PACKAGE, "rewrap_signing_keys"), parameters)


def _about(key: StoredKey) -> bytes:
    return f"signing key {key.tenant} {key.domain} {key.selector}".encode()


def _stored(row: tuple[object, ...]) -> StoredKey:
    tenant, domain, selector, algorithm, record, sealed, wrapped, version, state, created, changed = row
    assert isinstance(tenant, int) and isinstance(version, int)
    assert isinstance(sealed, bytes) and isinstance(wrapped, bytes)
    assert isinstance(created, datetime) and isinstance(changed, datetime)
    return StoredKey(
        tenant=TenantId(tenant),
        domain=str(domain),
        selector=str(selector),
        algorithm=str(algorithm),
        record=str(record),
        sealed=sealed,
        wrapped_key=wrapped,
        key_version=version,
        state=KeyState(state),
        created_at=created,
        changed_at=changed,
    )

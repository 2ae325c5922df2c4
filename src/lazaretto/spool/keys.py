"""Keys: one for each content, wrapped by its tenant's, wrapped by the master key outside the database.

Whoever holds only a database or only a disk reads no mail.  Rotating never touches content:
a new tenant key wraps what comes, old data keys are wrapped again in batches, and a retired
version goes on opening what was not reached yet.  Destroying a tenant's keys destroys its content
wherever copies of it may lie (crypto-erase).
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lazaretto.core.errors import ContentDamaged, PermanentFailure, TemporaryFailure
from lazaretto.core.identity import TenantId
from lazaretto.spool.master_key import MasterKeyFile
from lazaretto.spool.waits import unhindered

_NONCE_SIZE = 12
_KEY_SIZE = 32
_VERSION = b"\x01"
_PATIENCE = 5.0
"""Seconds that a tenant's first message may wait for the key that the database keeps."""
_WRAPPED_SIZE = 1 + _NONCE_SIZE + _KEY_SIZE + 16


@dataclass(frozen=True, slots=True)
class DataKey:
    """The key of one content: ``key`` stays in memory, ``wrapped`` and ``version`` rest in its row."""

    key: bytes
    wrapped: bytes
    version: int


@dataclass(frozen=True, slots=True, kw_only=True)
class TenantKey:
    """A version of a tenant's key as it rests in the database."""

    tenant: TenantId
    version: int
    wrapped: bytes
    """Wrapped by the master key; empty once erased."""
    created_at: datetime
    retired_at: datetime | None = None
    """Since when nothing is wrapped by it any more; it may still open what was."""


class TenantKeyStore(Protocol):
    """Where tenant keys rest: the table ``tenant_key`` of database ``spool``."""

    async def load_all(self) -> Sequence[TenantKey]:
        """Return every version of every tenant, erased ones included."""

    async def insert(self, key: TenantKey) -> bool:
        """Add a version, durably; False, and nothing changed, when that version exists."""

    async def update(self, key: TenantKey) -> None:
        """Replace what is stored of this version, durably; never one whose key was erased."""


@dataclass(frozen=True, slots=True)
class HeldKey:
    """A data key in a row somewhere, to be wrapped again; ``holder`` is the row's own name for itself."""

    holder: str
    wrapped: bytes
    version: int


class DataKeyHolder(Protocol):
    """Rows that hold wrapped data keys of a tenant."""

    async def wrapped_before(self, tenant: TenantId, version: int, limit: int) -> Sequence[HeldKey]:
        """Return up to ``limit`` data keys that are wrapped by a version below ``version``."""

    async def replace(self, tenant: TenantId, keys: Sequence[HeldKey]) -> None:
        """Store them in one transaction; rows that are gone by then are none of our business."""


class Keys:
    """All keys of this platform, unwrapped in memory; look-ups ask the store only for what is unknown."""

    def __init__(self, master: MasterKeyFile, store: TenantKeyStore) -> None:
        self._master = master
        self._store = store
        self._rows: dict[tuple[TenantId, int], TenantKey] = {}
        self._ciphers: dict[tuple[TenantId, int], AESGCM] = {}
        self._current: dict[TenantId, int] = {}
        # One at a time: an answer that was asked for earlier must not replace a later one.
        self._refreshing = asyncio.Lock()
        self._adding = asyncio.Lock()

    @classmethod
    async def open(cls, master_key: Path, store: TenantKeyStore) -> Keys:
        """Load all keys; make the master key when there is none and nothing was ever wrapped by it.

        Raise ConfigurationError when it is missing, readable by others or not the right one.
        """
        rows = await store.load_all()
        keys = cls(MasterKeyFile.open(master_key, needed=any(row.wrapped for row in rows)), store)
        keys._take(rows)
        for row in rows:
            if row.wrapped:
                keys._cipher_of(row.tenant, row.version)
        return keys

    async def new_data_key(self, tenant: TenantId) -> DataKey:
        """Return a fresh key for one content of ``tenant``; its first one makes the tenant's key."""
        return await self.wrap(tenant, os.urandom(_KEY_SIZE))

    async def wrap(self, tenant: TenantId, key: bytes) -> DataKey:
        """Return ``key`` wrapped by the tenant's current key; PermanentFailure after ``erase``."""
        version = self._current.get(tenant)
        if version is None:
            version = await self._first_version(tenant)
        wrapped = _wrap(self._cipher_of(tenant, version), key, _data_key_of(tenant, version))
        return DataKey(key, wrapped, version)

    async def unwrap(self, tenant: TenantId, wrapped: bytes, version: int) -> bytes:
        """Return the data key; ContentDamaged when it was not wrapped for ``tenant`` at ``version``."""
        if (tenant, version) not in self._rows:
            await self.refresh()
        return _unwrap(self._cipher_of(tenant, version), wrapped, _data_key_of(tenant, version))

    async def refresh(self) -> None:
        """Learn of versions that other processes made, retired or erased; run every minute or so."""
        async with self._refreshing:
            self._take(await self._store.load_all())

    async def rotate(self, tenant: TenantId) -> int:
        """Make a new version that wraps all that comes; return it.  Old content stays readable."""
        await self.refresh()
        return await self._add_version(tenant)

    async def rewrap(self, tenant: TenantId, holder: DataKeyHolder, batch: int = 500) -> int:
        """Wrap the tenant's older data keys by the current version; return how many there were.

        Works in batches that are safe to interrupt and to repeat; older versions are retired, not
        removed: a process that has not refreshed yet may still use them for a moment.
        """
        version = self._current.get(tenant)
        if version is None:
            return 0
        done = 0
        while held := await holder.wrapped_before(tenant, version, batch):
            await holder.replace(tenant, [await self._rewrapped(tenant, key) for key in held])
            done += len(held)
        await self._retire_before(tenant, version)
        return done

    async def rotate_master(self) -> int:
        """Put a new master key in the place of the old one; return how many tenant keys it wraps now.

        Both are in the file until every tenant key is wrapped by the new one, so a crash at any
        point loses nothing and the next call goes on where it stopped.
        """
        with self._master.rotation():
            count = await self._wrap_by_newest_master()
        # Another process may have added a tenant key under the old master key meanwhile; we still
        # hold that one in memory.
        return count + await self._wrap_by_newest_master()

    async def erase(self, tenant: TenantId) -> None:
        """Destroy every key of ``tenant``, for ever: all of its content becomes unreadable.

        Other processes forget the keys at their next ``refresh``; backups of the database hold the
        wrapped ones until they expire.
        """
        await self.refresh()
        for row in [row for row in self._rows.values() if row.tenant == tenant]:
            erased = TenantKey(
                tenant=tenant,
                version=row.version,
                wrapped=b"",
                created_at=row.created_at,
                retired_at=row.retired_at or _now(),
            )
            await self._store.update(erased)
        await self.refresh()

    def _take(self, rows: Sequence[TenantKey]) -> None:
        self._rows = {(row.tenant, row.version): row for row in rows}
        alive = {at for at, row in self._rows.items() if row.wrapped}
        self._ciphers = {at: cipher for at, cipher in self._ciphers.items() if at in alive}
        current: dict[TenantId, int] = {}
        for tenant, version in self._rows:
            current[tenant] = max(version, current.get(tenant, 0))
        self._current = current

    def _cipher_of(self, tenant: TenantId, version: int) -> AESGCM:
        cipher = self._ciphers.get((tenant, version))
        if cipher is None:
            cipher = AESGCM(self._tenant_key(tenant, version))
            self._ciphers[tenant, version] = cipher
        return cipher

    def _tenant_key(self, tenant: TenantId, version: int) -> bytes:
        row = self._rows.get((tenant, version))
        if row is None:
            raise ContentDamaged(f"tenant {tenant} has no key version {version}")
        if not row.wrapped:
            raise PermanentFailure(f"the keys of tenant {tenant} were erased")
        return self._master.unwrap(row.wrapped, _tenant_key_of(tenant, version))

    async def _first_version(self, tenant: TenantId) -> int:
        try:
            async with asyncio.timeout(_PATIENCE):
                return await unhindered(self._find_version(tenant))
        except TimeoutError as failure:
            raise TemporaryFailure("the database takes too long to give a tenant's key") from failure

    async def _find_version(self, tenant: TenantId) -> int:
        async with self._adding:
            if tenant not in self._current:
                await self.refresh()
            return self._current.get(tenant) or await self._add_version(tenant)

    async def _add_version(self, tenant: TenantId) -> int:
        version = self._current.get(tenant, 0) + 1
        if version > 1:
            self._cipher_of(tenant, version - 1)  # raises when the tenant was erased
        wrapped = self._master.wrap(os.urandom(_KEY_SIZE), _tenant_key_of(tenant, version))
        await self._store.insert(
            TenantKey(tenant=tenant, version=version, wrapped=wrapped, created_at=_now())
        )
        # Read back: where two processes add the same version at once, the store kept one of them.
        await self.refresh()
        return self._current[tenant]

    async def _rewrapped(self, tenant: TenantId, held: HeldKey) -> HeldKey:
        made = await self.wrap(tenant, await self.unwrap(tenant, held.wrapped, held.version))
        return HeldKey(held.holder, made.wrapped, made.version)

    async def _retire_before(self, tenant: TenantId, version: int) -> None:
        for row in list(self._rows.values()):
            if row.tenant == tenant and row.version < version and row.wrapped and row.retired_at is None:
                await self._store.update(_replaced(row, row.wrapped, _now()))
        await self.refresh()

    async def _wrap_by_newest_master(self) -> int:
        await self.refresh()
        count = 0
        for row in list(self._rows.values()):
            if row.wrapped and not self._master.is_newest(row.wrapped):
                about = _tenant_key_of(row.tenant, row.version)
                wrapped = self._master.wrap(self._master.unwrap(row.wrapped, about), about)
                await self._store.update(_replaced(row, wrapped, row.retired_at))
                count += 1
        await self.refresh()
        return count


def _replaced(row: TenantKey, wrapped: bytes, retired_at: datetime | None) -> TenantKey:
    return TenantKey(
        tenant=row.tenant,
        version=row.version,
        wrapped=wrapped,
        created_at=row.created_at,
        retired_at=retired_at,
    )


def _wrap(cipher: AESGCM, key: bytes, about: bytes) -> bytes:
    nonce = os.urandom(_NONCE_SIZE)
    return _VERSION + nonce + cipher.encrypt(nonce, key, about)


def _unwrap(cipher: AESGCM, wrapped: bytes, about: bytes) -> bytes:
    if len(wrapped) != _WRAPPED_SIZE or wrapped[:1] != _VERSION:
        raise ContentDamaged("not a wrapped data key of a known version")
    try:
        return cipher.decrypt(wrapped[1 : 1 + _NONCE_SIZE], wrapped[1 + _NONCE_SIZE :], about)
    except InvalidTag as error:
        raise ContentDamaged("a data key does not unwrap: another tenant's, or changed") from error


def _tenant_key_of(tenant: TenantId, version: int) -> bytes:
    return b"tenant key %d %d" % (tenant, version)


def _data_key_of(tenant: TenantId, version: int) -> bytes:
    return b"data key %d %d" % (tenant, version)


def _now() -> datetime:
    return datetime.now(tz=UTC)

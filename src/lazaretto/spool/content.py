"""Content at rest: kept so that it survives before anybody is told 250, and read again.

Small content rests in its row: it is sealed here and committed with the row by whoever writes
that.  Larger content rests in a *place*, files of this machine or an object store, sealed in the
format of ``sealing`` either way, under a key of its own that its tenant's key wraps.
"""

from __future__ import annotations

import asyncio
import hashlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Protocol
from uuid import uuid4

from lazaretto.core.content import ReceivedContent, SealedFile
from lazaretto.core.errors import ContentDamaged, TemporaryFailure
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.queued import ContentKind, ContentRef
from lazaretto.mail.octets import Octets, WindowedOctets
from lazaretto.spool.intake import claim
from lazaretto.spool.keys import DataKey, Keys
from lazaretto.spool.sealing import SealedOctets, SealedReader, SealedWriter, seal, unseal

REFERENCE = re.compile(r"[0-9]{1,10}/[0-9]{8}/[0-9]{2}/[0-9a-f-]{36}-[0-9a-f]{8}")
"""Every reference to content in a place: tenant, day, hour, message and a random end."""

FetchInline = Callable[[ContentRef], Awaitable[bytes | None]]
"""Read the sealed octets of inline content from its row; None when there is no such row."""


@dataclass(frozen=True, slots=True)
class InlineContent:
    """Small content, ready to be committed: ``sealed`` goes into its row, ``ref`` beside it."""

    ref: ContentRef
    sealed: bytes


class ContentPlace(Protocol):
    """Where larger content rests, sealed; one class for each kind of place."""

    @property
    def kind(self) -> ContentKind:
        """The kind that references to it carry."""

    async def put(self, sealed: Path, reference: str) -> None:
        """Store the sealed file under a new ``reference``; on return it survives a power cut."""

    def octets(self, reference: str) -> SealedOctets:
        """Return what was stored, to be read in pieces; blocks for as long as the place takes."""

    async def remove(self, reference: str) -> None:
        """Forget what was stored; nothing happens when it is gone already."""

    async def set_aside(self, reference: str) -> None:
        """Take what is damaged out of the way, where the place has one for it; it is never forgotten."""

    def older_than(self, moment: datetime) -> AsyncIterator[str]:
        """Yield the references of what did not change since ``moment``."""


class ContentStore(Protocol):
    """What the rest of the spool asks of content."""

    async def seal_inline(
        self, received: ReceivedContent, tenant: TenantId, message: MessageId
    ) -> InlineContent:
        """Seal small content for its row; nothing is durable before that row is."""

    async def keep(self, received: ReceivedContent, tenant: TenantId, message: MessageId) -> ContentRef:
        """Store larger content; durable on return, an orphan until a row names it."""

    async def open(self, ref: ContentRef) -> Octets:
        """Return the content: whole when it is inline, else read as far as it is looked at.

        Both raise ContentDamaged rather than yield one octet that was not sealed.
        """

    def stream(self, ref: ContentRef) -> AsyncIterator[bytes]:
        """Yield the content in order; ContentDamaged instead of an end when its checksum differs."""

    async def remove(self, ref: ContentRef) -> None:
        """Forget the content; inline content goes with its row."""


class Contents:
    """The content store of one node: rows, and the places that it can reach."""

    def __init__(self, keys: Keys, fetch_inline: FetchInline, *places: ContentPlace) -> None:
        """New content goes to the first of ``places``; the others are still read."""
        self._keys = keys
        self._fetch_inline = fetch_inline
        self._places = {place.kind: place for place in places}
        self._newest = places[0]

    async def seal_inline(
        self, received: ReceivedContent, tenant: TenantId, message: MessageId
    ) -> InlineContent:
        """Seal small content for its row; nothing is durable before that row is."""
        if received.octets is None:
            raise ValueError("larger content does not go into a row: keep it")
        key = await self._keys.new_data_key(tenant)
        sealed = seal(key.key, received.octets, _about(tenant, message))
        return InlineContent(_ref(received, tenant, message, ContentKind.INLINE, "", key), sealed)

    async def keep(self, received: ReceivedContent, tenant: TenantId, message: MessageId) -> ContentRef:
        """Store larger content; durable on return, an orphan until a row names it."""
        if received.file is None:
            raise ValueError("small content goes into its row: seal_inline it")
        reference = _new_reference(tenant, message, datetime.now(tz=UTC))
        if claim(received.file):
            key = await self._keys.wrap(tenant, received.file.key)
            await self._newest.put(received.file.path, reference)
        else:
            key = await self._keys.new_data_key(tenant)
            await self._put_again(received.file, key, reference)
        return _ref(received, tenant, message, self._newest.kind, reference, key)

    async def open(self, ref: ContentRef) -> Octets:
        """Return the content: whole when it is inline, else read as far as it is looked at."""
        if ref.kind is ContentKind.INLINE:
            return await self._inline(ref)
        reader = await self._reader(ref)
        return WindowedOctets(reader.read_at, reader.size)

    async def stream(self, ref: ContentRef) -> AsyncIterator[bytes]:
        """Yield the content in order; ContentDamaged instead of an end when its checksum differs."""
        if ref.kind is ContentKind.INLINE:
            yield await self._inline(ref)
            return
        reader = await self._reader(ref)
        digest = hashlib.sha256()
        for number in range(reader.chunk_count):
            chunk = await asyncio.to_thread(_next_chunk, reader, number, digest.update)
            yield chunk
        _check_digest(digest.digest(), ref)

    async def remove(self, ref: ContentRef) -> None:
        """Forget the content; inline content goes with its row."""
        if ref.kind is not ContentKind.INLINE:
            await self._place_of(ref).remove(_checked(ref.reference))

    async def set_aside(self, ref: ContentRef) -> bool:
        """Set content aside that is damaged, and tell so; False where it reads well after all.

        It is read once more for that, from its beginning to its end: a disk may err once.
        """
        try:
            async for _ in self.stream(ref):
                pass
        except ContentDamaged:
            if ref.kind is not ContentKind.INLINE:
                await self._place_of(ref).set_aside(_checked(ref.reference))
            return True
        return False

    async def _inline(self, ref: ContentRef) -> bytes:
        sealed = await self._fetch_inline(ref)
        if sealed is None:
            raise ContentDamaged(f"the content of message {ref.message} is not in its row")
        key = await self._keys.unwrap(ref.tenant, ref.wrapped_key, ref.key_version)
        octets = unseal(key, sealed, _about(ref.tenant, ref.message))
        _check_digest(hashlib.sha256(octets).digest(), ref)
        return octets

    async def _reader(self, ref: ContentRef) -> SealedReader:
        place, reference = self._place_of(ref), _checked(ref.reference)
        key = await self._keys.unwrap(ref.tenant, ref.wrapped_key, ref.key_version)
        reader = await asyncio.to_thread(lambda: SealedReader(place.octets(reference), key))
        if reader.size != ref.size:
            raise ContentDamaged(f"content of message {ref.message} has the wrong length")
        return reader

    async def _put_again(self, file: SealedFile, key: DataKey, reference: str) -> None:
        beside = file.path.with_name(f"{file.path.name}.{uuid4().hex}")
        try:
            await asyncio.to_thread(_seal_again, file, beside, key.key)
            await self._newest.put(beside, reference)
        finally:
            beside.unlink(missing_ok=True)

    def _place_of(self, ref: ContentRef) -> ContentPlace:
        place = self._places.get(ref.kind)
        if place is None:
            raise TemporaryFailure(f"content rests in a place that this node cannot reach: {ref.kind.value}")
        return place


def _seal_again(file: SealedFile, path: Path, key: bytes) -> None:
    reader = SealedReader(file.path, file.key)
    writer = SealedWriter(path, key, reader.chunk_size)
    try:
        for chunk in reader.chunks():
            writer.write(chunk)
        writer.finish()
    except BaseException:
        writer.abort()
        raise


def _next_chunk(reader: SealedReader, number: int, digest: Callable[[bytes], None]) -> bytes:
    chunk = reader.chunk(number)
    digest(chunk)
    return chunk


def _check_digest(digest: bytes, ref: ContentRef) -> None:
    if digest != ref.sha256:
        raise ContentDamaged(f"the checksum of message {ref.message} differs")


def _ref(
    received: ReceivedContent,
    tenant: TenantId,
    message: MessageId,
    kind: ContentKind,
    reference: str,
    key: DataKey,
) -> ContentRef:
    return ContentRef(
        tenant=tenant,
        message=message,
        kind=kind,
        reference=reference,
        wrapped_key=key.wrapped,
        key_version=key.version,
        size=received.size,
        sha256=received.sha256,
    )


def _new_reference(tenant: TenantId, message: MessageId, now: datetime) -> str:
    # The hour is that of keeping, not the message id's: ids of composed messages tell no time.  The
    # random end lets the same message be kept again after a commit that failed.
    return f"{tenant}/{now:%Y%m%d/%H}/{message}-{uuid4().hex[:8]}"


def _checked(reference: str) -> str:
    # It comes from a row and becomes a path.
    if REFERENCE.fullmatch(reference) is None:
        raise ContentDamaged("a reference to content is not one of ours")
    return reference


def _about(tenant: TenantId, message: MessageId) -> bytes:
    return b"content %d %s" % (tenant, message.bytes)

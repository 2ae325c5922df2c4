"""Content in an S3-compatible object store, shared by all nodes of a cluster.

Objects have the format of ``sealing``: the store sees noise under names that tell tenant, hour and
message id.  A put counts once the store has answered the request, or the last one of a multipart
upload; objects appear whole or not at all.  Parts of uploads that broke off are invisible and cost
money: give the bucket a rule that removes them after a day.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import obstore
from obstore.exceptions import BaseError, NotFoundError
from obstore.store import S3Store

from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.queued import ContentKind
from lazaretto.spool.content import REFERENCE
from lazaretto.spool.content_settings import ObjectStoreSettings

if TYPE_CHECKING:
    from obstore.store import ClientConfig, RetryConfig, S3Config

_CONNECT_TIMEOUT = timedelta(seconds=5)
_BEGINNING = 4096
"""Octets read together with an object's size: the header and more, in one request."""


class ObjectContent:
    """A bucket, or the part of one under a prefix."""

    kind = ContentKind.S3

    def __init__(self, settings: ObjectStoreSettings) -> None:
        self._settings = settings
        self._store = _store(settings)

    async def put(self, sealed: Path, reference: str) -> None:
        """Upload the sealed file; returns once the store has said that it has all of it."""
        with object_store_errors("storing an object"):
            await obstore.put_async(
                self._store,
                self._key(reference),
                sealed,
                chunk_size=self._settings.part_size,
                max_concurrency=self._settings.parts_at_once,
            )

    def octets(self, reference: str) -> ObjectOctets:
        """Return what was stored, to be read in pieces; blocks for one request."""
        return ObjectOctets(self._store, self._key(reference))

    async def remove(self, reference: str) -> None:
        """Forget what was stored; nothing happens when it is gone already."""
        with object_store_errors("removing an object"):
            try:
                await obstore.delete_async(self._store, self._key(reference))
            except (NotFoundError, FileNotFoundError):
                return

    async def set_aside(self, reference: str) -> None:
        """Leave it where it is: a store keeps its own checksums and copies, and others may still read it."""

    async def older_than(self, moment: datetime) -> AsyncIterator[str]:
        """Yield the references of objects that were stored before ``moment``."""
        prefix = f"{self._settings.prefix}/"
        with object_store_errors("listing objects"):
            async for batch in obstore.list(self._store, prefix, chunk_size=1000):
                for found in batch:
                    reference = found["path"].removeprefix(prefix)
                    if found["last_modified"] < moment and REFERENCE.fullmatch(reference):
                        yield reference

    def _key(self, reference: str) -> str:
        return f"{self._settings.prefix}/{reference}"


class ObjectOctets:
    """The octets of one object; each read is a request of its own, but for the beginning."""

    def __init__(self, store: S3Store, key: str) -> None:
        self._store = store
        self._key = key
        with object_store_errors("opening an object"):
            found = obstore.get(store, key, options={"range": (0, _BEGINNING)})
            self._beginning = bytes(found.bytes())
            self.size = found.meta["size"]

    def read_at(self, offset: int, length: int) -> bytes:
        """Return ``length`` octets from ``offset``; fewer only where they end."""
        end = min(offset + length, self.size)
        if end <= len(self._beginning):
            return self._beginning[offset:end]
        if offset >= end:
            return b""
        with object_store_errors("reading an object"):
            return bytes(obstore.get_range(self._store, self._key, start=offset, end=end))


@contextmanager
def object_store_errors(doing: str) -> Iterator[None]:
    """Raise TemporaryFailure in place of whatever the store or the way to it has to say.

    A missing object, too: a bucket that was configured wrongly must not make mail bounce.
    """
    try:
        yield
    except (BaseError, OSError) as error:
        raise TemporaryFailure(f"{doing}: {str(error).partition(chr(10))[0]}") from error


def _store(settings: ObjectStoreSettings) -> S3Store:
    config: S3Config = {
        "region": settings.region,
        "virtual_hosted_style_request": settings.virtual_hosted,
    }
    if settings.endpoint:
        config["endpoint"] = settings.endpoint
    if settings.access_key_id:
        config["access_key_id"] = settings.access_key_id
        config["secret_access_key"] = settings.secret_access_key.get_secret_value()
    client: ClientConfig = {
        "allow_http": settings.allow_http,
        "timeout": settings.timeout,
        "connect_timeout": min(settings.timeout, _CONNECT_TIMEOUT),
    }
    retry: RetryConfig = {"max_retries": 3, "retry_timeout": settings.retry_for}
    return S3Store(settings.bucket, config=config, client_options=client, retry_config=retry)

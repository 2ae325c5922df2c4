"""Content in a real object store: durable on the answer, unreadable there, temporary when it fails."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import obstore
import pytest

from lazaretto.core.content import ReceivedContent
from lazaretto.core.errors import ContentDamaged, TemporaryFailure
from lazaretto.core.identity import TenantId, new_message_id
from lazaretto.core.queued import ContentKind, ContentRef
from lazaretto.spool.content import Contents
from lazaretto.spool.content_file import FileContent
from lazaretto.spool.content_s3 import ObjectContent
from lazaretto.spool.content_settings import ContentSettings
from lazaretto.spool.intake import discard, take
from lazaretto.spool.keys import Keys
from lazaretto.spool.sweeping import Sweeper
from lazaretto.testing.s3_server import S3Server, s3_server
from lazaretto.testing.tenant_keys import KeysInMemory

pytestmark = pytest.mark.integration

ACME, OTHER = TenantId(1), TenantId(2)
SETTINGS = ContentSettings(inline_max=100)
SECRET = b"a secret that is easy to find "


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with s3_server(tmp_path_factory.mktemp("s3")) as running:
        yield running


@dataclass
class House:
    """A node whose large content goes to the object store."""

    temporary: Path
    place: ObjectContent
    store: Contents

    def received(self, octets: bytes) -> ReceivedContent:
        return take(octets, self.temporary, SETTINGS)

    async def kept(self, octets: bytes) -> ContentRef:
        received = self.received(octets)
        ref = await self.store.keep(received, ACME, new_message_id())
        discard(received)
        return ref


async def never(ref: ContentRef) -> bytes | None:
    raise AssertionError("nothing here is inline")


@pytest.fixture
async def house(server: S3Server, tmp_path: Path) -> House:
    keys = await Keys.open(tmp_path / "master.key", KeysInMemory())
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    place = ObjectContent(server.settings)
    return House(temporary, place, Contents(keys, never, place, FileContent(tmp_path / "content")))


async def streamed(house: House, ref: ContentRef) -> bytes:
    return b"".join([piece async for piece in house.store.stream(ref)])


@pytest.mark.parametrize(
    "size",
    [
        pytest.param(101, id="one small object"),
        pytest.param(3_000_000, id="several chunks"),
        pytest.param(20_000_000, id="several parts"),
    ],
)
async def test_content_reads_back(house: House, size: int) -> None:
    content = os.urandom(size)
    ref = await house.kept(content)

    octets = await house.store.open(ref)
    assert ref.kind is ContentKind.S3
    assert (len(octets), octets[size // 2 : size // 2 + 50]) == (size, content[size // 2 : size // 2 + 50])
    assert octets[size - 7 :] == content[-7:]
    assert await streamed(house, ref) == content
    assert list(house.temporary.iterdir()) == []


async def test_each_tenant_has_an_object_and_a_key_of_its_own(house: House) -> None:
    content, message = SECRET * 50_000, new_message_id()
    received = house.received(content)
    refs = [await house.store.keep(received, tenant, message) for tenant in (ACME, OTHER)]
    discard(received)

    assert [await streamed(house, ref) for ref in refs] == [content, content]
    assert refs[0].reference.startswith("1/")
    assert refs[1].reference.startswith("2/")


async def test_the_store_holds_nothing_readable(house: House, server: S3Server) -> None:
    await house.kept(SECRET * 50_000)

    files = [path for path in server.folder.rglob("*") if path.is_file()]
    assert sum(path.stat().st_size for path in files) > len(SECRET) * 50_000
    assert not any(SECRET in path.read_bytes() for path in files)


async def test_an_object_that_changed_does_not_open(house: House, server: S3Server) -> None:
    ref = await house.kept(os.urandom(3_000_000))
    key = f"{server.settings.prefix}/{ref.reference}"
    octets = bytearray(obstore.get(house.place._store, key).bytes())
    octets[2_000_000] ^= 1
    obstore.put(house.place._store, key, bytes(octets))

    with pytest.raises(ContentDamaged):
        await streamed(house, ref)


async def test_removed_content_is_gone_and_removing_it_again_does_no_harm(house: House) -> None:
    ref = await house.kept(os.urandom(1000))
    await house.store.remove(ref)
    await house.store.remove(ref)

    with pytest.raises(TemporaryFailure):
        await house.store.open(ref)


class Rows:
    """The rows that name content."""

    def __init__(self, *refs: ContentRef) -> None:
        self.names = {ref.reference for ref in refs}

    async def named(self, kind: ContentKind, references: Sequence[str]) -> Collection[str]:
        assert kind is ContentKind.S3
        return self.names.intersection(references)


async def test_a_sweep_removes_old_objects_that_no_row_names(house: House) -> None:
    named, orphan = await house.kept(os.urandom(1000)), await house.kept(os.urandom(1000))
    obstore.put(house.place._store, "content/README", b"not ours")
    sweeper = Sweeper(house.temporary, [house.place], Rows(named), SETTINGS)

    await sweeper.sweep(datetime.now(tz=UTC))
    assert await streamed(house, orphan)
    await sweeper.sweep(datetime.now(tz=UTC) + timedelta(days=2))

    assert await streamed(house, named)
    with pytest.raises(TemporaryFailure):
        await house.store.open(orphan)
    assert bytes(obstore.get(house.place._store, "content/README").bytes()) == b"not ours"


async def test_wrong_credentials_are_a_temporary_failure(house: House, server: S3Server) -> None:
    settings = server.settings.model_copy(update={"access_key_id": "somebody else"})
    received = house.received(os.urandom(1000))
    assert received.file is not None

    with pytest.raises(TemporaryFailure):
        await ObjectContent(settings).put(received.file.path, "1/x")


async def test_a_store_that_is_down_is_a_temporary_failure_until_it_is_back(
    house: House, tmp_path_factory: pytest.TempPathFactory
) -> None:
    with s3_server(tmp_path_factory.mktemp("s3")) as server:
        place = ObjectContent(server.settings)
        store = Contents(house.store._keys, never, place)
        content = os.urandom(200_000)
        received = house.received(content)
        server.stop()

        with pytest.raises(TemporaryFailure):
            await store.keep(received, ACME, new_message_id())
        server.start()
        ref = await store.keep(received, ACME, new_message_id())

        assert b"".join([piece async for piece in store.stream(ref)]) == content
        server.stop()
        with pytest.raises(TemporaryFailure):
            await store.open(ref)

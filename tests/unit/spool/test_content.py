"""Kept content reads back as received, for its own tenant, or the reading fails."""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from lazaretto.core.content import ReceivedContent
from lazaretto.core.errors import ContentDamaged, StorageFull, TemporaryFailure
from lazaretto.core.identity import MessageId, TenantId, new_message_id
from lazaretto.core.queued import ContentKind, ContentRef
from lazaretto.spool.content import Contents, InlineContent
from lazaretto.spool.content_file import FileContent
from lazaretto.spool.content_settings import ContentSettings
from lazaretto.spool.intake import discard, take
from lazaretto.spool.keys import Keys
from lazaretto.testing.tenant_keys import KeysInMemory

ACME, OTHER = TenantId(1), TenantId(2)
SETTINGS = ContentSettings(inline_max=100, chunk_size=4096)
LARGE = os.urandom(20_000)


class House:
    """A node's content: temporary folder, files and rows."""

    def __init__(self, home: Path, keys: Keys) -> None:
        self.temporary = home / "tmp"
        self.temporary.mkdir()
        self.folder = home / "content"
        self.rows: dict[MessageId, bytes] = {}
        self.store = Contents(keys, self._fetch, FileContent(self.folder))

    def received(self, octets: bytes) -> ReceivedContent:
        return take(octets, self.temporary, SETTINGS)

    async def kept(self, octets: bytes = LARGE, tenant: TenantId = ACME) -> ContentRef:
        received = self.received(octets)
        ref = await self.store.keep(received, tenant, new_message_id())
        discard(received)
        return ref

    async def inline(self, octets: bytes) -> InlineContent:
        inline = await self.store.seal_inline(self.received(octets), ACME, new_message_id())
        self.rows[inline.ref.message] = inline.sealed
        return inline

    def file_of(self, ref: ContentRef) -> Path:
        return self.folder / ref.reference

    async def _fetch(self, ref: ContentRef) -> bytes | None:
        return self.rows.get(ref.message)


@pytest.fixture
async def house(tmp_path: Path) -> House:
    return House(tmp_path, await Keys.open(tmp_path / "master.key", KeysInMemory()))


async def streamed(house: House, ref: ContentRef) -> bytes:
    return b"".join([piece async for piece in house.store.stream(ref)])


async def test_content_in_a_file_reads_back(house: House) -> None:
    ref = await house.kept()

    octets = await house.store.open(ref)
    assert ref.kind is ContentKind.FILE
    assert octets[:] == LARGE
    assert octets[9000:9010] == LARGE[9000:9010]
    assert octets.find(LARGE[12_000:12_050]) == 12_000
    assert await streamed(house, ref) == LARGE


async def test_content_in_a_row_reads_back(house: House) -> None:
    inline = await house.inline(b"Dear Alice")

    assert b"Alice" not in inline.sealed
    assert (inline.ref.kind, inline.ref.reference) == (ContentKind.INLINE, "")
    assert await house.store.open(inline.ref) == b"Dear Alice"
    assert await streamed(house, inline.ref) == b"Dear Alice"


async def test_each_tenant_has_a_file_and_a_key_of_its_own(house: House) -> None:
    received, message = house.received(LARGE), new_message_id()
    refs = [await house.store.keep(received, tenant, message) for tenant in (ACME, OTHER)]
    discard(received)

    assert [await streamed(house, ref) for ref in refs] == [LARGE, LARGE]
    assert house.file_of(refs[0]).read_bytes() != house.file_of(refs[1]).read_bytes()
    assert house.file_of(refs[0]).stat().st_nlink == 1
    with pytest.raises(ContentDamaged):
        await house.store.open(replace(refs[0], reference=refs[1].reference))
    with pytest.raises(ContentDamaged):
        await house.store.open(replace(refs[0], tenant=OTHER))


async def test_tenants_kept_at_the_same_moment_do_not_share_a_key(house: House) -> None:
    received, message = house.received(LARGE), new_message_id()
    tenants = [TenantId(number) for number in range(1, 9)]
    refs = await asyncio.gather(*(house.store.keep(received, tenant, message) for tenant in tenants))
    discard(received)

    assert [await streamed(house, ref) for ref in refs] == [LARGE] * 8
    assert len({house.file_of(ref).read_bytes() for ref in refs}) == 8


async def test_discarding_the_received_file_does_not_touch_what_was_kept(house: House) -> None:
    ref = await house.kept()

    assert list(house.temporary.iterdir()) == []
    assert await streamed(house, ref) == LARGE


async def test_the_same_message_can_be_kept_again_after_a_commit_that_failed(house: House) -> None:
    received, message = house.received(LARGE), new_message_id()
    first = await house.store.keep(received, ACME, message)
    second = await house.store.keep(received, ACME, message)

    await house.store.remove(first)
    assert await streamed(house, second) == LARGE


async def test_removed_content_is_gone_and_removing_it_again_does_no_harm(house: House) -> None:
    ref = await house.kept()
    await house.store.remove(ref)
    await house.store.remove(ref)

    assert not house.file_of(ref).exists()
    with pytest.raises(TemporaryFailure):
        await house.store.open(ref)


def _cut(octets: bytes) -> bytes:
    return octets[:-5000]


def _flip(octets: bytes) -> bytes:
    return octets[:9000] + bytes([octets[9000] ^ 1]) + octets[9001:]


def _swap(octets: bytes) -> bytes:
    size = 4096 + 16
    return octets[:20] + octets[20 + size : 20 + 2 * size] + octets[20 : 20 + size] + octets[20 + 2 * size :]


@pytest.mark.parametrize("damage", [_cut, _flip, _swap])
async def test_a_damaged_file_yields_no_wrong_octet(house: House, damage: Callable[[bytes], bytes]) -> None:
    ref = await house.kept()
    path = house.file_of(ref)
    path.write_bytes(damage(path.read_bytes()))

    seen = b""
    with pytest.raises(ContentDamaged):
        async for piece in house.store.stream(ref):
            seen += piece
    assert LARGE.startswith(seen)


@pytest.mark.parametrize("damage", [_cut, _flip, _swap])
async def test_a_damaged_file_is_set_aside_and_stays_known_as_damaged(
    house: House, damage: Callable[[bytes], bytes]
) -> None:
    ref, whole = await house.kept(), await house.kept()
    path = house.file_of(ref)
    good, bad = path.read_bytes(), damage(path.read_bytes())
    path.write_bytes(bad)

    assert await house.store.set_aside(ref)

    (aside,) = house.folder.with_name("corrupt").iterdir()
    assert aside.read_bytes() == bad
    assert not path.exists()
    with pytest.raises(ContentDamaged):
        await house.store.open(ref)
    assert b"".join([piece async for piece in house.store.stream(whole)]) == LARGE
    # Whoever has a good copy puts it back, and the message goes on.
    path.write_bytes(good)
    assert b"".join([piece async for piece in house.store.stream(ref)]) == LARGE


async def test_a_file_that_reads_well_stays_where_it_is(house: House) -> None:
    ref = await house.kept()

    assert not await house.store.set_aside(ref)

    assert house.file_of(ref).exists()
    assert not house.folder.with_name("corrupt").exists()


async def test_a_row_that_changed_or_is_gone_is_damaged_content(house: House) -> None:
    inline = await house.inline(b"Dear Alice")
    house.rows[inline.ref.message] = inline.sealed[:-1] + b"x"
    with pytest.raises(ContentDamaged):
        await house.store.open(inline.ref)

    del house.rows[inline.ref.message]
    with pytest.raises(ContentDamaged):
        await house.store.open(inline.ref)


async def test_a_sealed_row_does_not_open_as_another_message(house: House) -> None:
    inline = await house.inline(b"Dear Alice")
    message = new_message_id()
    house.rows[message] = inline.sealed

    with pytest.raises(ContentDamaged):
        await house.store.open(replace(inline.ref, message=message))


async def test_a_checksum_that_differs_shows_even_when_every_tag_fits(house: House) -> None:
    ref, inline = await house.kept(), await house.inline(b"Dear Alice")

    for wrong in (replace(ref, sha256=bytes(32)), replace(inline.ref, sha256=bytes(32))):
        with pytest.raises(ContentDamaged, match="checksum"):
            await streamed(house, wrong)
    with pytest.raises(ContentDamaged, match="length"):
        await house.store.open(replace(ref, size=1))


@pytest.mark.parametrize(
    "reference",
    ["", "../master.key", "/etc/passwd", "1/20260101/00/../../../etc/passwd", "1/20260101/00/x"],
)
async def test_a_reference_never_leads_outside_the_folder(house: House, reference: str) -> None:
    ref = replace(await house.kept(), reference=reference)

    with pytest.raises(ContentDamaged):
        await house.store.open(ref)
    with pytest.raises(ContentDamaged):
        await house.store.remove(ref)


async def test_a_place_that_is_not_configured_is_a_temporary_failure(house: House) -> None:
    with pytest.raises(TemporaryFailure, match="s3"):
        await house.store.open(replace(await house.kept(), kind=ContentKind.S3))


async def test_small_and_large_content_are_not_confused(house: House) -> None:
    with pytest.raises(ValueError, match="seal_inline"):
        await house.store.keep(house.received(b"small"), ACME, new_message_id())
    with pytest.raises(ValueError, match="keep"):
        await house.store.seal_inline(house.received(LARGE), ACME, new_message_id())


async def test_a_full_disk_while_keeping_is_storage_full(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(fd: int) -> None:
        raise OSError(28, "No space left on device")

    received = house.received(LARGE)
    monkeypatch.setattr(os, "fsync", full)

    with pytest.raises(StorageFull):
        await house.store.keep(received, ACME, new_message_id())

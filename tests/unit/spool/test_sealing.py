"""Sealed content opens as what was sealed, or not at all."""

from __future__ import annotations

import os
import struct
from collections.abc import Callable
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lazaretto.core.errors import ContentDamaged, StorageFull, TemporaryFailure
from lazaretto.spool.sealing import SealedReader, SealedWriter, Sealer, seal, sealed_size, unseal

KEY = bytes(range(32))
CHUNK = 64
HEADER, TAG, END = 20, 16, 28


class SealedBytes:
    """The octets of a sealed file in memory, counting how many are read."""

    def __init__(self, octets: bytes) -> None:
        self.octets = octets
        self.size = len(octets)
        self.read = 0

    def read_at(self, offset: int, length: int) -> bytes:
        piece = self.octets[offset : offset + length]
        self.read += len(piece)
        return piece


def sealed(content: bytes, key: bytes = KEY, chunk_size: int = CHUNK) -> bytes:
    pieces: list[bytes] = []
    sealer = Sealer(key, pieces.append, chunk_size)
    sealer.feed(content)
    sealer.finish()
    return b"".join(pieces)


def opened(octets: bytes, key: bytes = KEY) -> bytes:
    return b"".join(SealedReader(SealedBytes(octets), key).chunks())


@given(st.binary(max_size=500), st.binary(max_size=20))
def test_a_piece_opens_as_what_was_sealed(content: bytes, about: bytes) -> None:
    assert unseal(KEY, seal(KEY, content, about), about) == content


@given(st.binary(max_size=50), st.data())
def test_a_piece_that_changed_anywhere_does_not_open(content: bytes, data: st.DataObject) -> None:
    octets = bytearray(seal(KEY, content))
    octets[data.draw(st.integers(0, len(octets) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(ContentDamaged):
        unseal(KEY, bytes(octets))


@pytest.mark.parametrize("length", range(30))
def test_a_piece_that_was_cut_does_not_open(length: int) -> None:
    with pytest.raises(ContentDamaged):
        unseal(KEY, seal(KEY, b"Dear Alice")[:length])


def test_a_piece_does_not_open_as_something_else() -> None:
    with pytest.raises(ContentDamaged):
        unseal(KEY, seal(KEY, b"Dear Alice", b"message 1"), b"message 2")


def test_the_same_octets_never_look_the_same_twice() -> None:
    assert seal(KEY, b"Dear Alice") != seal(KEY, b"Dear Alice")
    assert sealed(b"Dear Alice")[HEADER:] != sealed(b"Dear Alice")[HEADER:]


@given(st.lists(st.binary(max_size=3 * CHUNK), max_size=8))
def test_content_comes_back_however_it_was_cut_in_writing(pieces: list[bytes]) -> None:
    written: list[bytes] = []
    sealer = Sealer(KEY, written.append, CHUNK)
    for piece in pieces:
        sealer.feed(piece)
    sealer.finish()

    octets = b"".join(written)
    assert opened(octets) == b"".join(pieces)
    assert len(octets) == sealed_size(len(b"".join(pieces)), CHUNK)


OFFSETS = st.integers(0, 400)


@given(st.binary(max_size=5 * CHUNK), st.lists(st.tuples(OFFSETS, OFFSETS), max_size=9))
def test_any_range_reads_as_a_slice(content: bytes, ranges: list[tuple[int, int]]) -> None:
    reader = SealedReader(SealedBytes(sealed(content)), KEY)

    assert reader.size == len(content)
    for offset, length in ranges:
        assert reader.read_at(offset, length) == content[offset : offset + length]


def test_a_range_opens_only_the_chunks_that_it_touches() -> None:
    source = SealedBytes(sealed(os.urandom(100 * CHUNK)))
    reader = SealedReader(source, KEY)
    source.read = 0

    reader.read_at(50 * CHUNK - 1, 2)
    reader.read_at(49 * CHUNK, 2 * CHUNK)

    assert source.read == 2 * (CHUNK + TAG)


def test_negative_ranges_are_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match="negative"):
        SealedReader(SealedBytes(sealed(b"x")), KEY).read_at(-1, 1)


@given(st.binary(max_size=3 * CHUNK), st.data())
@settings(max_examples=300)
def test_a_flipped_bit_anywhere_shows(content: bytes, data: st.DataObject) -> None:
    octets = bytearray(sealed(content))
    octets[data.draw(st.integers(0, len(octets) - 1))] ^= 1 << data.draw(st.integers(0, 7))

    with pytest.raises(ContentDamaged):
        opened(bytes(octets))


@given(st.integers(0, 3 * CHUNK), st.data())
def test_truncation_anywhere_shows(size: int, data: st.DataObject) -> None:
    octets = sealed(bytes(size))

    with pytest.raises(ContentDamaged):
        opened(octets[: data.draw(st.integers(0, len(octets) - 1))])


@given(st.integers(0, 3 * CHUNK), st.binary(min_size=1, max_size=200))
def test_anything_appended_shows(size: int, more: bytes) -> None:
    with pytest.raises(ContentDamaged):
        opened(sealed(bytes(size)) + more)


def _swapped(chunks: list[bytes]) -> list[bytes]:
    return [chunks[1], chunks[0], *chunks[2:]]


def _repeated(chunks: list[bytes]) -> list[bytes]:
    return [chunks[0], chunks[0], *chunks[2:]]


def _last_first(chunks: list[bytes]) -> list[bytes]:
    return [chunks[-1], *chunks[1:-1], chunks[0]]


@pytest.mark.parametrize("rearranged", [_swapped, _repeated, _last_first])
def test_chunks_open_only_at_their_own_place(rearranged: Callable[[list[bytes]], list[bytes]]) -> None:
    octets = sealed(os.urandom(4 * CHUNK))
    chunks = _chunks_of(octets)

    with pytest.raises(ContentDamaged):
        opened(octets[:HEADER] + b"".join(rearranged(chunks)) + octets[-END:])


def test_whole_chunks_cut_off_show_even_under_a_fitting_end_mark() -> None:
    octets = sealed(bytes(4 * CHUNK))
    end = struct.pack(">4sQ", b"LZSE", 3 * CHUNK) + octets[-TAG:]

    with pytest.raises(ContentDamaged):
        opened(octets[:HEADER] + b"".join(_chunks_of(octets)[:3]) + end)


def test_a_chunk_of_another_file_under_the_same_key_does_not_open() -> None:
    one, other = sealed(bytes(2 * CHUNK)), sealed(bytes(2 * CHUNK))

    with pytest.raises(ContentDamaged):
        opened(one[:HEADER] + _chunks_of(other)[0] + _chunks_of(one)[1] + one[-END:])


def test_a_forged_chunk_size_is_not_believed() -> None:
    octets = bytearray(sealed(b"x"))
    octets[8:12] = (1 << 31).to_bytes(4, "big")

    with pytest.raises(ContentDamaged):
        opened(bytes(octets))


def test_another_key_opens_nothing() -> None:
    with pytest.raises(ContentDamaged):
        opened(sealed(b"Dear Alice"), bytes(32))


def test_a_file_is_private_and_holds_no_content_in_clear(tmp_path: Path) -> None:
    writer = SealedWriter(tmp_path / "file", KEY, CHUNK)
    writer.write(b"a secret that is easy to find" * 10)
    writer.finish()

    assert b"secret" not in writer.path.read_bytes()
    assert writer.path.stat().st_mode & 0o777 == 0o600
    assert SealedReader(writer.path, KEY).read_at(2, 6) == b"secret"


def test_an_unfinished_file_does_not_open(tmp_path: Path) -> None:
    writer = SealedWriter(tmp_path / "file", KEY, CHUNK)
    writer.write(bytes(3 * CHUNK))

    with pytest.raises(ContentDamaged):
        SealedReader(writer.path, KEY)


def test_aborting_removes_the_file_however_often(tmp_path: Path) -> None:
    writer = SealedWriter(tmp_path / "file", KEY)
    writer.abort()
    writer.abort()

    assert not writer.path.exists()


def test_a_full_disk_is_storage_full() -> None:
    def write(_: bytes) -> None:
        raise StorageFull

    with pytest.raises(StorageFull):
        Sealer(KEY, write, CHUNK)


def test_a_device_without_room_is_storage_full(tmp_path: Path) -> None:
    writer = SealedWriter(tmp_path / "file", KEY, CHUNK)
    full = os.open("/dev/full", os.O_WRONLY)
    os.dup2(full, writer._fd)
    os.close(full)

    with pytest.raises(StorageFull):
        writer.write(bytes(3 * CHUNK))
    writer.abort()


def test_a_missing_file_is_temporary_because_the_disk_may_come_back(tmp_path: Path) -> None:
    with pytest.raises(TemporaryFailure):
        SealedReader(tmp_path / "none", KEY)


def _chunks_of(octets: bytes) -> list[bytes]:
    body = octets[HEADER:-END]
    return [body[at : at + CHUNK + TAG] for at in range(0, len(body), CHUNK + TAG)]

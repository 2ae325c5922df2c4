"""Encryption of content at rest: AES-256-GCM, in one piece or in chunks.

A *sealed file* is a header, chunks, and an end mark::

    header   "LZSF", version, chunk size, 7 random octets             20 octets
    chunk    up to ``chunk size`` octets, encrypted, then a 16-octet tag
    end      "LZSE", total length, tag over header and total          28 octets

Each chunk is encrypted under the nonce *random octets + chunk number + what it is* and
authenticates the header.  So a chunk opens only in its own file, at its own place, and as the last
one only if it was; together with the end mark that shows truncation, reordering, repetition and
anything appended (the STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, 2015).
A key seals one file or one piece only, hence nonces never meet again.  Reading at an offset opens
only the chunks it touches.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Protocol

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lazaretto.core.errors import ContentDamaged
from lazaretto.spool.storage import storage_errors

KEY_SIZE = 32
CHUNK_SIZE = 1024 * 1024
LARGEST_CHUNK = 16 * 1024 * 1024
"""More is refused on reading: a forged header must not make us allocate gigabytes."""

_VERSION = 1
_NONCE_SIZE = 12
_TAG_SIZE = 16
_PIECE_OVERHEAD = 1 + _NONCE_SIZE + _TAG_SIZE
_HEADER = struct.Struct(">4sB3xI7sx")
_END = struct.Struct(">4sQ16s")
_NUMBER = struct.Struct(">IB")
_MORE, _LAST, _TOTAL = 0, 1, 2

Buffer = bytes | bytearray | memoryview


def seal(key: bytes, octets: Buffer, about: bytes = b"") -> bytes:
    """Return ``octets`` encrypted in one piece; it opens only with the same ``about``."""
    nonce = os.urandom(_NONCE_SIZE)
    return b"\x01" + nonce + AESGCM(key).encrypt(nonce, octets, about)


def unseal(key: bytes, sealed: bytes, about: bytes = b"") -> bytes:
    """Return what was given to ``seal``; raise ContentDamaged when anything about it differs."""
    if len(sealed) < _PIECE_OVERHEAD or sealed[0] != _VERSION:
        raise ContentDamaged("not a sealed piece of a known version")
    view = memoryview(sealed)
    try:
        return AESGCM(key).decrypt(view[1 : 1 + _NONCE_SIZE], view[1 + _NONCE_SIZE :], about)
    except InvalidTag as error:
        raise ContentDamaged("a sealed piece does not open: wrong key, or changed") from error


def sealed_size(size: int, chunk_size: int = CHUNK_SIZE) -> int:
    """Return how long a sealed file of ``size`` octets of content is."""
    return _HEADER.size + size + _TAG_SIZE * -(-size // chunk_size) + _END.size


class Sealer:
    """Turns content into the sealed format; hands what is to be written to ``write``, in order."""

    def __init__(self, key: bytes, write: Callable[[bytes], object], chunk_size: int = CHUNK_SIZE) -> None:
        self.size = 0
        """Octets of content so far."""
        self._cipher = AESGCM(key)
        self._write = write
        self._chunk_size = chunk_size
        self._prefix = os.urandom(7)
        self._header = _HEADER.pack(b"LZSF", _VERSION, chunk_size, self._prefix)
        self._number = 0
        # The last chunk is marked as such, so one chunk is held back until more comes or nothing.
        self._buffer = bytearray(chunk_size)
        self._held = 0
        write(self._header)

    def feed(self, octets: Buffer) -> None:
        """Take the next octets of the content."""
        self.size += len(octets)
        view = memoryview(octets)
        while len(view) > self._chunk_size - self._held:
            view = self._full(view)
        self._buffer[self._held : self._held + len(view)] = view
        self._held += len(view)

    def finish(self) -> None:
        """Write what is held back and the end mark."""
        if self._held:
            self._chunk(memoryview(self._buffer)[: self._held], _LAST)
        self._buffer = bytearray()
        total = struct.pack(">Q", self.size)
        tag = self._cipher.encrypt(_nonce(self._prefix, self._number, _TOTAL), b"", self._header + total)
        self._write(_END.pack(b"LZSE", self.size, tag))

    def _full(self, view: memoryview) -> memoryview:
        """Seal one full chunk that ends within ``view``; return what is left of it."""
        room = self._chunk_size - self._held
        if self._held:
            self._buffer[self._held :] = view[:room]
            self._chunk(self._buffer, _MORE)
            self._held = 0
        else:
            self._chunk(view[:room], _MORE)
        return view[room:]

    def _chunk(self, octets: Buffer, what: int) -> None:
        nonce = _nonce(self._prefix, self._number, what)
        self._number += 1
        self._write(self._cipher.encrypt(nonce, octets, self._header))


class SealedWriter:
    """A new sealed file; exists under its name from the start, whole only after ``finish``."""

    def __init__(self, path: Path, key: bytes, chunk_size: int = CHUNK_SIZE) -> None:
        self.path = path
        with storage_errors("creating a sealed file"):
            self._fd = os.open(
                path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600
            )
        try:
            self._sealer = Sealer(key, self._write_all, chunk_size)
        except BaseException:
            self.abort()
            raise

    @property
    def size(self) -> int:
        """Octets of content so far."""
        return self._sealer.size

    def write(self, octets: Buffer) -> None:
        """Append ``octets``; raise StorageFull or TemporaryFailure when the disk does not take them."""
        self._sealer.feed(octets)

    def finish(self, *, durable: bool = False) -> None:
        """End the file and close it; with ``durable`` its octets (not its name) survive a power cut."""
        self._sealer.finish()
        with storage_errors("ending a sealed file"):
            if durable:
                os.fsync(self._fd)
            self._close()

    def abort(self) -> None:
        """Close and remove the file; harmless when repeated or after ``finish``."""
        self._close()
        self.path.unlink(missing_ok=True)

    def _write_all(self, octets: bytes) -> None:
        with storage_errors("writing a sealed file"):
            written = os.write(self._fd, octets)
            while written < len(octets):
                written += os.write(self._fd, memoryview(octets)[written:])

    def _close(self) -> None:
        fd, self._fd = self._fd, -1
        if fd >= 0:
            os.close(fd)

    def __del__(self) -> None:
        if getattr(self, "_fd", -1) >= 0:
            self._close()


class SealedOctets(Protocol):
    """The octets of a sealed file as they lie on a disk or in an object store."""

    @property
    def size(self) -> int:
        """How many there are."""

    def read_at(self, offset: int, length: int) -> bytes:
        """Return ``length`` octets from ``offset``; fewer only where they end."""


class SealedFileOctets:
    """The octets of a sealed file on disk; several threads may read at once."""

    def __init__(self, path: Path) -> None:
        # A missing file is a temporary failure: the disk may not be mounted yet, and a mail
        # system that takes that for damage bounces everything it holds.
        with storage_errors("opening a sealed file"):
            self._fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW)
            self.size = os.fstat(self._fd).st_size

    def read_at(self, offset: int, length: int) -> bytes:
        """Return ``length`` octets from ``offset``; fewer only where they end."""
        with storage_errors("reading a sealed file"):
            return os.pread(self._fd, length, offset)

    def __del__(self) -> None:
        fd, self._fd = getattr(self, "_fd", -1), -1
        if fd >= 0:
            os.close(fd)


class SealedReader:
    """Content of a sealed file, readable anywhere; holds two opened chunks at most.

    Every read raises ContentDamaged rather than return an octet that was not sealed there.
    """

    def __init__(self, source: Path | SealedOctets, key: bytes) -> None:
        self._source = SealedFileOctets(source) if isinstance(source, Path) else source
        self._cipher = AESGCM(key)
        self._header = self._read(0, _HEADER.size)
        magic, version, self.chunk_size, self._prefix = _HEADER.unpack(self._header)
        if magic != b"LZSF" or version != _VERSION or not 0 < self.chunk_size <= LARGEST_CHUNK:
            raise ContentDamaged("not a sealed file of a known version")
        self.size = self._authenticated_size()
        self.chunk_count = -(-self.size // self.chunk_size)
        self._cache: tuple[tuple[int, bytes], ...] = ()

    def read_at(self, offset: int, length: int) -> bytes:
        """Return ``length`` octets of content from ``offset``; fewer where the content ends."""
        if offset < 0 or length < 0:
            raise ValueError("offset and length must not be negative")
        end = min(offset + length, self.size)
        if offset >= end:
            return b""
        first, last = offset // self.chunk_size, (end - 1) // self.chunk_size
        start = first * self.chunk_size
        if first == last:
            return self._cached(first)[offset - start : end - start]
        pieces = [self._cached(first)[offset - start :]]
        pieces.extend(self.chunk(number) for number in range(first + 1, last))
        pieces.append(self._cached(last)[: end - last * self.chunk_size])
        return b"".join(pieces)

    def chunks(self) -> Iterator[bytes]:
        """Yield the whole content in order, one chunk at a time."""
        return map(self.chunk, range(self.chunk_count))

    def chunk(self, number: int) -> bytes:
        """Return the content of chunk ``number``, counted from zero."""
        is_last = number == self.chunk_count - 1
        length = self.size - number * self.chunk_size if is_last else self.chunk_size
        sealed = self._read(_HEADER.size + number * (self.chunk_size + _TAG_SIZE), length + _TAG_SIZE)
        return self._open(sealed, _nonce(self._prefix, number, _LAST if is_last else _MORE), self._header)

    def _cached(self, number: int) -> bytes:
        for cached, octets in self._cache:
            if cached == number:
                return octets
        octets = self.chunk(number)
        # Replaced as a whole: a second thread sees the old pair or the new one.
        self._cache = ((number, octets), *self._cache[:1])
        return octets

    def _authenticated_size(self) -> int:
        stored = self._source.size
        if stored < _HEADER.size + _END.size:
            raise ContentDamaged("a sealed file is cut short")
        magic, size, tag = _END.unpack(self._read(stored - _END.size, _END.size))
        if magic != b"LZSE" or sealed_size(size, self.chunk_size) != stored:
            raise ContentDamaged("a sealed file has the wrong length")
        nonce = _nonce(self._prefix, -(-size // self.chunk_size), _TOTAL)
        self._open(tag, nonce, self._header + struct.pack(">Q", size))
        return int(size)

    def _open(self, sealed: bytes, nonce: bytes, about: bytes) -> bytes:
        try:
            return self._cipher.decrypt(nonce, sealed, about)
        except InvalidTag as error:
            raise ContentDamaged("a sealed file does not open: wrong key, or changed") from error

    def _read(self, offset: int, length: int) -> bytes:
        octets = self._source.read_at(offset, length)
        if len(octets) != length:
            raise ContentDamaged("a sealed file is cut short")
        return octets


def _nonce(prefix: bytes, number: int, what: int) -> bytes:
    return prefix + _NUMBER.pack(number, what)

"""A bundle: everything that detectors know, as one versioned and signed file.

    LAZARETTO-BUNDLE 1 CRLF
    length of the manifest, four octets, network order
    manifest, JSON: version, name, when it was made, and each file's path, size and SHA-256
    signature of everything up to here, 64 octets of Ed25519 (RFC 8032); zeros when unsigned
    the files in the order of the manifest, joined and deflated (RFC 1950)

The signature comes before what it protects is unpacked: nothing of a stranger's file is inflated or
parsed beyond its manifest.  Paths are those of knowledge and nothing else; a bundle holds no code.
"""

from __future__ import annotations

import hashlib
import re
import struct
import zlib
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final

import msgspec

from lazaretto.core.errors import PermanentFailure
from lazaretto.intelligence.bundle_keys import PublicKey, SecretKey

MAGIC: Final = b"LAZARETTO-BUNDLE 1\r\n"
SIGNATURE: Final = 64
UNSIGNED: Final = bytes(SIGNATURE)
MAX_OCTETS: Final = 64 << 20
"""Of the file; a larger one is refused before it is read to its end."""
MAX_MANIFEST: Final = 8 << 20
MAX_UNPACKED: Final = 256 << 20
MAX_FILE: Final = 64 << 20
MAX_FILES: Final = 20_000
MAX_VERSION: Final = 10**15
ENDINGS: Final = (".toml", ".txt", ".yar", ".json", ".csv")
"""What knowledge is written in; nothing of it is ever executed."""
_LENGTH: Final = struct.Struct("!I")
_STEP: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}")
_MAX_DEPTH: Final = 8


class BundleRefused(PermanentFailure):
    """A bundle cannot be used; the text is a sentence that says why."""


class BundledFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """One file of a bundle."""

    path: str
    size: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a bundle says about itself; the signature covers all of it."""

    version: int
    made_at: datetime
    name: str
    files: tuple[BundledFile, ...]


@dataclass(frozen=True, slots=True)
class Bundle:
    """A bundle's parts; nothing about it is proved until ``verified_by``."""

    manifest: Manifest
    signed: bytes
    """The octets that the signature is about."""
    signature: bytes
    packed: bytes

    @property
    def is_signed(self) -> bool:
        """Tell whether anybody signed it at all."""
        return self.signature != UNSIGNED

    def octets(self) -> bytes:
        """Return the file."""
        return self.signed + self.signature + self.packed

    def sign(self, key: SecretKey) -> Bundle:
        """Return the bundle with the signature of ``key`` in place of any other."""
        return Bundle(self.manifest, self.signed, key.sign(self.signed), self.packed)

    def verified_by(self, keys: Iterable[PublicKey]) -> PublicKey:
        """Return the one of ``keys`` that signed it; raises ``BundleRefused``."""
        trusted = tuple(keys)
        if not self.is_signed:
            raise BundleRefused("the bundle is not signed; sign it with `lazaretto bundle sign`")
        if not trusted:
            raise BundleRefused(
                "no key is trusted here; name its public key in [bundles] trusted_keys of lazaretto.toml,"
                " and restart what runs"
            )
        for key in trusted:
            if key.has_signed(self.signed, self.signature):
                return key
        raise BundleRefused(
            "the signature is of no key that is trusted here, or the bundle was changed after it was signed"
        )

    def unpacked(self) -> dict[str, bytes]:
        """Return the files by their paths; call it on what is verified only."""
        joined = _inflated(self.packed, sum(each.size for each in self.manifest.files))
        files = {}
        start = 0
        for each in self.manifest.files:
            octets = joined[start : start + each.size]
            start += each.size
            if hashlib.sha256(octets).hexdigest() != each.sha256:
                raise BundleRefused(f"the bundle was changed: {each.path} is not what its manifest says")
            files[each.path] = octets
        return files


def built(files: Mapping[str, bytes], *, version: int, name: str, made_at: datetime) -> Bundle:
    """Return an unsigned bundle of ``files`` by path; equal arguments give equal octets."""
    ordered = sorted(files)
    manifest = Manifest(
        version=version,
        made_at=made_at,
        name=name,
        files=tuple(
            BundledFile(path, len(files[path]), hashlib.sha256(files[path]).hexdigest()) for path in ordered
        ),
    )
    _check(manifest)
    text = msgspec.json.encode(manifest)
    packed = zlib.compress(b"".join(files[path] for path in ordered), 9)
    bundle = Bundle(manifest, MAGIC + _LENGTH.pack(len(text)) + text, UNSIGNED, packed)
    if len(bundle.octets()) > MAX_OCTETS:
        raise BundleRefused(f"the bundle is larger than {MAX_OCTETS >> 20} MiB")
    return bundle


def read(octets: bytes) -> Bundle:
    """Return the bundle in ``octets``; raises ``BundleRefused`` when it is none or breaks a rule."""
    if len(octets) > MAX_OCTETS:
        raise BundleRefused(f"the bundle is larger than {MAX_OCTETS >> 20} MiB")
    if not octets.startswith(MAGIC):
        raise BundleRefused("this is no bundle of Lazaretto, or of a later format than this program knows")
    head = len(MAGIC) + _LENGTH.size
    if len(octets) < head:
        raise BundleRefused("the bundle ends too early")
    (length,) = _LENGTH.unpack_from(octets, len(MAGIC))
    end = head + length
    if length > MAX_MANIFEST or len(octets) < end + SIGNATURE:
        raise BundleRefused("the bundle ends too early, or its manifest is too long")
    try:
        manifest = msgspec.json.decode(octets[head:end], type=Manifest)
    except (msgspec.MsgspecError, ValueError, RecursionError) as failure:
        raise BundleRefused(f"the bundle's manifest cannot be read: {failure}") from failure
    _check(manifest)
    return Bundle(manifest, octets[:end], octets[end : end + SIGNATURE], octets[end + SIGNATURE :])


def _check(manifest: Manifest) -> None:
    if not 0 < manifest.version < MAX_VERSION:
        raise BundleRefused(f"the version must be a number from 1 to {MAX_VERSION - 1}")
    if len(manifest.name) > 100 or not manifest.name.isprintable():
        raise BundleRefused("the bundle's name must be one printable line of at most 100 characters")
    if not manifest.files:
        raise BundleRefused("the bundle holds no file")
    if len(manifest.files) > MAX_FILES:
        raise BundleRefused(f"the bundle holds more than {MAX_FILES} files")
    _check_paths([each.path for each in manifest.files])
    for each in manifest.files:
        if not 0 <= each.size <= MAX_FILE:
            raise BundleRefused(f"{each.path} is larger than {MAX_FILE >> 20} MiB")
    if sum(each.size for each in manifest.files) > MAX_UNPACKED:
        raise BundleRefused(f"the files are larger than {MAX_UNPACKED >> 20} MiB together")


def _check_paths(paths: Sequence[str]) -> None:
    # Names that differ by case only are one file on some machines.
    if len({path.lower() for path in paths}) < len(paths):
        raise BundleRefused("the bundle holds a path twice")
    for path in paths:
        steps = path.split("/")
        if len(steps) > _MAX_DEPTH or not all(map(_STEP.fullmatch, steps)):
            raise BundleRefused(f"the path {path[:100]!r} leads out of the bundle or is not a plain name")
        if not path.endswith(ENDINGS):
            raise BundleRefused(f"{path}: a bundle holds only {', '.join(ENDINGS)} files")
    folders = {path.rpartition("/")[0] for path in paths}
    if files := folders & set(paths):
        raise BundleRefused(f"{min(files)} is a file and a folder at once")


def _inflated(packed: bytes, size: int) -> bytes:
    """Return what ``packed`` inflates to, which must be ``size`` octets; never more are made."""
    machine = zlib.decompressobj()
    try:
        octets = machine.decompress(packed, size + 1)
    except zlib.error as failure:
        raise BundleRefused("the bundle was changed: its contents cannot be unpacked") from failure
    if len(octets) != size or not machine.eof or machine.unused_data:
        raise BundleRefused("the bundle was changed: its contents are not as long as its manifest says")
    return octets

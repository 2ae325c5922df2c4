"""The master key: a small file of its own that no database and no backup of one contains.

One line for each key, newest first: its name and its octets in base64.  There are two lines only
while keys are wrapped again under a new one.  A wrapped key begins with the name of the master key
that opens it.
"""

from __future__ import annotations

import base64
import binascii
import fcntl
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from lazaretto.core.errors import ConfigurationError, ContentDamaged
from lazaretto.files.placing import replace_durably, write_new_durably

_NAME_SIZE = 8
_NONCE_SIZE = 12
_KEY_SIZE = 32


@dataclass(frozen=True, slots=True)
class _MasterKey:
    name: bytes
    key: bytes

    def __repr__(self) -> str:
        return f"_MasterKey({self.name.hex()})"

    @property
    def line(self) -> bytes:
        return self.name.hex().encode() + b" " + base64.b64encode(self.key) + b"\n"


class MasterKeyFile:
    """The master keys of this platform; wraps by the newest, unwraps by any in the file."""

    def __init__(self, path: Path, keys: tuple[_MasterKey, ...]) -> None:
        self._path = path
        self._keys = keys
        # Keys that left the file still open what this process reads late.
        self._known = {key.name: AESGCM(key.key) for key in keys}

    @classmethod
    def open(cls, path: Path, *, needed: bool) -> MasterKeyFile:
        """Read the file, or make it where it is missing and not ``needed`` to open what exists."""
        if not path.exists():
            if needed:
                raise ConfigurationError(
                    f"the master key {path} is missing, but keys in the database open with it only;"
                    " put it back from its backup: no mail in the spool can be read without it"
                )
            # Processes that start at the same moment agree on whichever was first.
            write_new_durably(path, _new_key().line)
        return cls(path, _read(path))

    def wrap(self, key: bytes, about: bytes) -> bytes:
        """Return ``key`` wrapped by the newest master key; it unwraps only with the same ``about``."""
        self._reread()
        newest = self._keys[0].name
        nonce = os.urandom(_NONCE_SIZE)
        return newest + nonce + self._known[newest].encrypt(nonce, key, about)

    def unwrap(self, wrapped: bytes, about: bytes) -> bytes:
        """Return the key; ConfigurationError when its master key is not in the file."""
        name = wrapped[:_NAME_SIZE]
        if name not in self._known:
            self._reread()
        cipher = self._known.get(name)
        if cipher is None:
            raise ConfigurationError(
                f"{self._path} is not the master key {name.hex()} that wrapped the keys in the database;"
                " put the right one in its place"
            )
        nonce_end = _NAME_SIZE + _NONCE_SIZE
        try:
            return cipher.decrypt(wrapped[_NAME_SIZE:nonce_end], wrapped[nonce_end:], about)
        except (InvalidTag, ValueError) as error:
            raise ContentDamaged("a tenant key does not unwrap: changed, or of another tenant") from error

    def is_newest(self, wrapped: bytes) -> bool:
        """Tell whether the newest master key wrapped it."""
        return wrapped[:_NAME_SIZE] == self._keys[0].name

    @contextmanager
    def rotation(self) -> Iterator[None]:
        """Put a new key on top of the file, and leave it alone there at the end.

        Inside, everything must be wrapped again by the newest; when that fails both keys stay, and
        the next rotation goes on with them.  Only one process rotates at a time.
        """
        with _locked(self._path.with_name(f"{self._path.name}.lock")):
            self._reread()
            if len(self._keys) == 1:
                self._write((_new_key(), *self._keys))
            yield
            self._write(self._keys[:1])

    def _write(self, keys: tuple[_MasterKey, ...]) -> None:
        replace_durably(self._path, b"".join(key.line for key in keys))
        self._reread()

    def _reread(self) -> None:
        self._keys = _read(self._path)
        for key in self._keys:
            self._known.setdefault(key.name, AESGCM(key.key))


@contextmanager
def _locked(path: Path) -> Iterator[None]:
    with path.open("ab") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigurationError("the master key is being rotated already; wait for that") from error
        yield


def _new_key() -> _MasterKey:
    return _MasterKey(os.urandom(_NAME_SIZE), os.urandom(_KEY_SIZE))


def _read(path: Path) -> tuple[_MasterKey, ...]:
    try:
        with path.open("rb") as file:
            _check_permissions(path, os.fstat(file.fileno()))
            lines = file.read(4096).splitlines()
    except OSError as error:
        raise ConfigurationError(f"the master key {path} cannot be read: {error.strerror}") from error
    keys = tuple(_parsed(path, line) for line in lines)
    if not keys:
        raise ConfigurationError(f"the master key {path} is empty; put it back from its backup")
    return keys


def _check_permissions(path: Path, found: os.stat_result) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise ConfigurationError(f"the master key {path} is not a regular file")
    if found.st_mode & 0o077:
        raise ConfigurationError(
            f"the master key {path} is open to other users (mode {found.st_mode & 0o777:04o}): chmod 600 it"
        )


def _parsed(path: Path, line: bytes) -> _MasterKey:
    try:
        name, octets = line.split(b" ")
        key = _MasterKey(bytes.fromhex(name.decode("ascii")), base64.b64decode(octets, validate=True))
    except (ValueError, binascii.Error) as error:
        raise ConfigurationError(f"the master key {path} is damaged; put it back from its backup") from error
    if len(key.name) != _NAME_SIZE or len(key.key) != _KEY_SIZE:
        raise ConfigurationError(f"the master key {path} is damaged; put it back from its backup")
    return key

"""Keys that sign bundles: Ed25519 (RFC 8032), written as one line of text each."""

from __future__ import annotations

import base64
import binascii
import hashlib
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from lazaretto.core.errors import ConfigurationError

PUBLIC: Final = "lazaretto-public:"
SECRET: Final = "lazaretto-secret:"  # noqa: S105 - the mark of such a line, no secret
_OCTETS: Final = 32


@dataclass(frozen=True, slots=True)
class PublicKey:
    """Who may sign."""

    octets: bytes

    @classmethod
    def parse(cls, text: str) -> PublicKey:
        """Return the key in ``text``; raises ``ConfigurationError``."""
        return cls(_octets(text, PUBLIC))

    @property
    def text(self) -> str:
        """The line for settings files."""
        return PUBLIC + base64.b64encode(self.octets).decode()

    @property
    def fingerprint(self) -> str:
        """A short name by which people tell keys apart."""
        return hashlib.sha256(self.octets).hexdigest()[:16]

    def has_signed(self, octets: bytes, signature: bytes) -> bool:
        """Tell whether ``signature`` is this key's over ``octets``."""
        try:
            Ed25519PublicKey.from_public_bytes(self.octets).verify(signature, octets)
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True, repr=False)
class SecretKey:
    """What signs; kept away from the machines that install."""

    octets: bytes

    @classmethod
    def make(cls) -> SecretKey:
        """Return a new one."""
        return cls(Ed25519PrivateKey.generate().private_bytes_raw())

    @classmethod
    def load(cls, file: Path) -> SecretKey:
        """Return the key in ``file``; raises ``ConfigurationError`` when it holds none."""
        try:
            text = file.read_text(encoding="ascii")
        except (OSError, UnicodeDecodeError) as failure:
            raise ConfigurationError(f"cannot read the key {file}: {failure}") from failure
        return cls(_octets(text, SECRET))

    def save(self, file: Path) -> None:
        """Write it to a new file that nobody else may read; raises ``ConfigurationError`` if one is there."""
        try:
            descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        except FileExistsError as failure:
            raise ConfigurationError(f"{file} is there already; choose another name") from failure
        with os.fdopen(descriptor, "w", encoding="ascii") as opened:
            opened.write(SECRET + base64.b64encode(self.octets).decode() + "\n")

    @property
    def public(self) -> PublicKey:
        """The half that others get."""
        return PublicKey(self._key().public_key().public_bytes_raw())

    def sign(self, octets: bytes) -> bytes:
        """Return the signature over ``octets``."""
        return self._key().sign(octets)

    def _key(self) -> Ed25519PrivateKey:
        return Ed25519PrivateKey.from_private_bytes(self.octets)


def _octets(text: str, mark: str) -> bytes:
    line = text.strip()
    if not line.startswith(mark):
        raise ConfigurationError(
            f'a key is a line that begins with "{mark}"; `lazaretto bundle key` makes one'
        )
    try:
        octets = base64.b64decode(line.removeprefix(mark), validate=True)
    except (binascii.Error, ValueError) as failure:
        raise ConfigurationError("the key is not in base64; copy its whole line") from failure
    if len(octets) != _OCTETS:
        raise ConfigurationError("the key is not 32 octets long; copy its whole line")
    return octets

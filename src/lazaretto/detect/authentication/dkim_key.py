"""Published DKIM keys (RFC 6376 §3.6.1, RFC 8301 §3.2, RFC 8463)."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_der_public_key

from lazaretto.core.facts import DnsAnswer
from lazaretto.detect.authentication.tags import TagError, octets_of, parse_tags, without_space

LARGEST_RECORD = 4_096
"""Characters of a key record; a 4096-bit key takes about 800."""
LARGEST_EXPONENT = 1 << 32
"""Verifying with a huge exponent costs as much as signing."""

_HASHES: dict[str, hashes.HashAlgorithm] = {"sha256": hashes.SHA256(), "sha1": hashes.SHA1()}  # noqa: S303


@dataclass(frozen=True, slots=True, kw_only=True)
class DkimKey:
    """A key that can be used, with what its owner says about its use."""

    public: RSAPublicKey | Ed25519PublicKey
    hash_names: frozenset[str]
    """Hashes it may be used with; empty = any."""
    testing: bool = False
    """``t=y``: signatures are to be treated like none."""
    same_domain: bool = False
    """``t=s``: ``i=`` must be at ``d=`` itself."""

    @property
    def kind(self) -> str:
        """``rsa`` or ``ed25519``."""
        return "rsa" if isinstance(self.public, RSAPublicKey) else "ed25519"

    @property
    def bits(self) -> int:
        """Size of an RSA modulus; 256 for Ed25519."""
        return self.public.key_size if isinstance(self.public, RSAPublicKey) else 256

    def verifies(self, signature: bytes, signed: bytes, hash_name: str) -> bool:
        """Tell whether ``signature`` is this key's over ``signed``."""
        algorithm = _HASHES[hash_name]
        try:
            if isinstance(self.public, RSAPublicKey):
                self.public.verify(signature, signed, padding.PKCS1v15(), algorithm)
            else:
                # RFC 8463 §3: Ed25519 signs the hash, not the text.
                digest = hashes.Hash(algorithm)
                digest.update(signed)
                self.public.verify(signature, digest.finalize())
        except InvalidSignature:
            return False
        return True


@dataclass(frozen=True, slots=True)
class NoKey:
    """Why there is no key to verify with."""

    problem: str
    temporary: bool = False


def key_of(answer: DnsAnswer | None) -> DkimKey | NoKey:
    """Return the key that the DNS holds; the first record that has a ``p=`` counts."""
    if answer is None:
        return NoKey("the key was not asked for", temporary=True)
    if answer.failed:
        return NoKey("the DNS did not answer", temporary=True)
    for record in answer.records:
        if "p" in record and "=" in record:
            return parse_key(record)
    return NoKey("there is no such key")


@lru_cache(maxsize=1024)
def parse_key(record: str) -> DkimKey | NoKey:
    """Return the key in one TXT record; keys repeat, and reading one costs more than using it."""
    if len(record) > LARGEST_RECORD:
        return NoKey("the key record is too long")
    try:
        return _parse(parse_tags(record, empty_allowed=True))
    except TagError as problem:
        return NoKey(f"bad key record: {problem}")


def _parse(tags: dict[str, str]) -> DkimKey | NoKey:
    if tags.get("v", "DKIM1") != "DKIM1" or ("v" in tags and next(iter(tags)) != "v"):
        return NoKey("the key is of an unknown version")
    if "p" not in tags:
        return NoKey("the key record has no p=")
    if not tags["p"]:
        return NoKey("the key is revoked")
    if not {"*", "email"} & _words(tags.get("s", "*")):
        return NoKey("the key is not for mail")
    public = _public_key(tags.get("k", "rsa"), octets_of(tags["p"]))
    if isinstance(public, NoKey):
        return public
    flags = _words(tags.get("t", ""))
    return DkimKey(
        public=public,
        hash_names=_words(tags["h"]) if "h" in tags else frozenset(),
        testing="y" in flags,
        same_domain="s" in flags,
    )


def _words(text: str) -> frozenset[str]:
    return frozenset(word for word in without_space(text).split(":") if word)


def _public_key(kind: str, octets: bytes) -> RSAPublicKey | Ed25519PublicKey | NoKey:
    try:
        if kind == "ed25519":
            return Ed25519PublicKey.from_public_bytes(octets)
        if kind != "rsa":
            return NoKey("the key is of an unknown kind")
        public = load_der_public_key(octets)
    except (ValueError, UnsupportedAlgorithm):
        return NoKey("the key cannot be read")
    if not isinstance(public, RSAPublicKey) or public.public_numbers().e > LARGEST_EXPONENT:
        return NoKey("the key is not a usable RSA key")
    return public

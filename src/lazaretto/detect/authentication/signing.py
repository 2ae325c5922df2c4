"""Making DKIM signatures (RFC 6376, RFC 8463) over messages that leave.

Fields that readers go by are signed once more than they occur, so that nobody downstream can add
another one without breaking the signature; ``l=`` is never used.
"""

from __future__ import annotations

import base64
from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final, Protocol

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_der_private_key,
)

from lazaretto.core.errors import ConfigurationError
from lazaretto.detect.authentication.canonical import BodyDigests, BodyForm
from lazaretto.detect.authentication.fields import RawField
from lazaretto.detect.authentication.signature import Coverage, signed_header

RSA_BITS: Final = 2048
LIFETIME: Final = timedelta(days=14)
"""How long a signature counts: twice as long as a message may be on its way."""
BODY: Final = BodyForm(relaxed=True, algorithm="sha256")

_SHOWN: Final = (
    *("from", "to", "cc", "subject", "date", "reply-to"),
    *("content-type", "content-transfer-encoding", "mime-version"),
)
"""Signed once more than they occur."""
_OTHERS: Final = (
    *("sender", "message-id", "in-reply-to", "references"),
    *("resent-from", "resent-to", "resent-cc", "resent-date", "resent-message-id"),
    *("list-id", "list-unsubscribe", "list-unsubscribe-post", "list-post", "list-help", "list-archive"),
)
_MOST_OF_ONE: Final = 20
_LINE: Final = 72
_CUT: Final = frozenset({"b", "h"})


class Algorithm(Enum):
    """What a key signs with."""

    RSA = "rsa-sha256"
    ED25519 = "ed25519-sha256"


@dataclass(frozen=True, slots=True, kw_only=True)
class SigningKey:
    """A private key with the place in the DNS where its public half stands."""

    domain: str
    selector: str
    private: RSAPrivateKey | Ed25519PrivateKey

    @property
    def algorithm(self) -> Algorithm:
        """As in ``a=``."""
        return Algorithm.RSA if isinstance(self.private, RSAPrivateKey) else Algorithm.ED25519

    @property
    def record_name(self) -> str:
        """The name of the TXT record that publishes it."""
        return f"{self.selector}._domainkey.{self.domain}"

    def sign(self, octets: bytes) -> bytes:
        """Return the signature over ``octets``."""
        if isinstance(self.private, RSAPrivateKey):
            return self.private.sign(octets, padding.PKCS1v15(), hashes.SHA256())
        # RFC 8463 §3: Ed25519 signs the hash, not the text.
        digest = hashes.Hash(hashes.SHA256())
        digest.update(octets)
        return self.private.sign(digest.finalize())


class Signable(Protocol):
    """A message whose header is known; its body is behind the digests."""

    @property
    def fields(self) -> tuple[RawField, ...]:
        """Return the header fields in order."""


def new_private_key(algorithm: Algorithm) -> bytes:
    """Return a fresh private key in DER (PKCS #8)."""
    private: RSAPrivateKey | Ed25519PrivateKey
    if algorithm is Algorithm.RSA:
        private = rsa.generate_private_key(public_exponent=65537, key_size=RSA_BITS)
    else:
        private = Ed25519PrivateKey.generate()
    return private.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


def private_key_of(der: bytes) -> RSAPrivateKey | Ed25519PrivateKey:
    """Return the key in ``der``; raises ``ConfigurationError`` when it is none that DKIM knows."""
    try:
        # Our own making, sealed until now: testing its primes again costs more than all its signatures.
        private = load_der_private_key(der, None, unsafe_skip_rsa_key_validation=True)
    except ValueError as failure:
        raise ConfigurationError("a signing key cannot be read; remove it and make another") from failure
    if not isinstance(private, RSAPrivateKey | Ed25519PrivateKey):
        raise ConfigurationError("a signing key is neither RSA nor Ed25519; remove it and make another")
    return private


def public_record(private: RSAPrivateKey | Ed25519PrivateKey) -> str:
    """Return the text of the TXT record that publishes the public half."""
    if isinstance(private, RSAPrivateKey):
        octets = private.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
        return f"v=DKIM1; k=rsa; p={base64.b64encode(octets).decode('ascii')}"
    raw = private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
    return f"v=DKIM1; k=ed25519; p={base64.b64encode(raw).decode('ascii')}"


def dkim_field(message: Signable, digests: BodyDigests, key: SigningKey, now: datetime) -> RawField:
    """Return the DKIM-Signature field that ``key`` gives ``message``."""
    signed_at = int(now.timestamp())
    tags = {
        "v": "1",
        "d": key.domain,
        "s": key.selector,
        "t": str(signed_at),
        "x": str(signed_at + int(LIFETIME.total_seconds())),
    }
    names = tuple(signed_names(message.fields))
    return signed_field("DKIM-Signature", tags, message.fields, names, digests, key)


def signed_names(fields: Iterable[RawField]) -> Iterator[str]:
    """Yield the names for ``h=``: each field that is there, and one more of those that readers go by."""
    present = Counter(field.name for field in fields)
    for name in _SHOWN:
        yield from [name] * (min(present[name.encode("ascii")], _MOST_OF_ONE) + 1)
    for name in _OTHERS:
        yield from [name] * min(present[name.encode("ascii")], _MOST_OF_ONE)


def signed_field(
    name: str,
    tags: dict[str, str],
    fields: tuple[RawField, ...],
    covered: tuple[str, ...],
    digests: BodyDigests,
    key: SigningKey,
) -> RawField:
    """Return the field ``name`` with ``tags`` and a signature over body and ``covered`` fields."""
    body_hash = digests.of(BODY).digest
    told = {
        **tags,
        "a": key.algorithm.value,
        "bh": base64.b64encode(body_hash).decode("ascii"),
        "c": "relaxed/relaxed",
        "h": ":".join(covered),
    }
    unsigned = field_of(name, told, b"")
    names = tuple(each.encode("ascii") for each in covered)
    coverage = Coverage(header_relaxed=True, body=BODY, body_hash=body_hash, fields=names)
    return field_of(name, told, key.sign(signed_header(fields, unsigned, coverage)))


def field_of(name: str, tags: dict[str, str], signature: bytes) -> RawField:
    """Return a field of ``tags`` and ``b=``, folded, in the order of the alphabet but for ``v=``.

    Whatever ``signature`` is, the rest is the same to the last octet: this is what was signed.
    """
    told = {**tags, "b": base64.b64encode(signature).decode("ascii")}
    lines = [f"{name}:"]
    for tag in sorted(told, key=lambda each: (each != "v", each)):
        # Cut signatures and lists of names stand on lines of their own, so that where others are
        # folded does not depend on them.
        pieces = _cut(tag, told[tag])
        if lines[-1] != f"{name}:" and (len(pieces) > 1 or len(lines[-1]) + len(pieces[0]) > _LINE):
            lines.append("")
        lines[-1] += f" {pieces[0]}"
        lines += [f" {piece}" for piece in pieces[1:]]
        lines[-1] += ";"
        if tag in _CUT:
            lines.append("")
    text = "\r\n".join(filter(None, lines)).removesuffix(";") + "\r\n"
    return RawField(name.lower().encode("ascii"), text.encode("ascii"))


def _cut(tag: str, value: str) -> list[str]:
    """Return ``tag=value`` in pieces that fit on a line; white space between them means nothing."""
    if tag == "b":
        return ["b=", *(value[start : start + _LINE] for start in range(0, len(value), _LINE))]
    if tag != "h":
        return [f"{tag}={value}"]
    lines = ["h="]
    for name in value.split(":"):
        if len(lines[-1]) + len(name) >= _LINE:
            lines.append("")
        lines[-1] += f"{name}:"
    return [*lines[:-1], lines[-1].removesuffix(":")]

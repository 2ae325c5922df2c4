"""Certificates that a domain vouches for in the DNS: TLSA records (RFC 6698, RFC 7671, RFC 7672).

Of the four usages mail knows two.  DANE-EE names the host's own certificate or key, and then neither
its dates nor its names matter.  DANE-TA names an issuer, and then the chain to it must hold, with
dates, and the certificate must be for one of the names that lead to the host.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import IntEnum
from hashlib import sha256, sha512
from typing import Final

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    PolicyBuilder,
    Store,
    VerificationError,
)

MOST_RECORDS: Final = 50
MOST_CERTIFICATES: Final = 10
"""Of a chain; a server may send any number."""

# Private authorities make certificates of every kind: what signatures, dates, constraints and lengths
# of the path are for is checked, what browsers demand of public authorities besides is not.
_ANY_ISSUER: Final = ExtensionPolicy.permit_all().require_present(
    x509.BasicConstraints, Criticality.AGNOSTIC, None
)
_RECORD = re.compile(r"([0-9]{1,3}) +([0-9]{1,3}) +([0-9]{1,3}) +([0-9A-Fa-f ]+)", re.ASCII)


class Usage(IntEnum):
    """Whose certificate a record names (RFC 7672 §3.1)."""

    ISSUER = 2
    HOST = 3


class Selector(IntEnum):
    """Which part of it."""

    CERTIFICATE = 0
    PUBLIC_KEY = 1


class Matching(IntEnum):
    """In what form."""

    WHOLE = 0
    SHA256 = 1
    SHA512 = 2


class ChainRefused(ValueError):
    """What a host showed is not what the records name; the words say why."""


@dataclass(frozen=True, slots=True)
class Tlsa:
    """One usable record."""

    usage: Usage
    selector: Selector
    matching: Matching
    data: bytes

    def matches(self, certificate: x509.Certificate) -> bool:
        """Tell whether the record names ``certificate``, or its key."""
        whole = (
            certificate.public_bytes(Encoding.DER)
            if self.selector is Selector.CERTIFICATE
            else public_key_of(certificate)
        )
        if self.matching is Matching.SHA256 and whole:
            return sha256(whole).digest() == self.data
        if self.matching is Matching.SHA512 and whole:
            return sha512(whole).digest() == self.data
        return whole != b"" and whole == self.data


def usable(records: Iterable[str]) -> tuple[Tlsa, ...]:
    """Return what of TLSA ``records`` ("3 1 1 ab…") mail can use; other usages are left out."""
    found = (_read(record) for record in list(records)[:MOST_RECORDS])
    return tuple(record for record in found if record is not None)


def read_chain(chain: Sequence[bytes]) -> tuple[x509.Certificate, ...]:
    """Return the certificates (DER) of ``chain``; raise ``ChainRefused`` where one cannot be read."""
    try:
        return tuple(x509.load_der_x509_certificate(octets) for octets in chain[:MOST_CERTIFICATES])
    except (ValueError, UnsupportedAlgorithm) as failure:
        raise ChainRefused("a certificate cannot be read") from failure


def check_chain(
    records: Sequence[Tlsa], chain: Sequence[x509.Certificate], names: Sequence[str], now: datetime
) -> None:
    """Raise ``ChainRefused`` unless one of ``records`` vouches for the host that showed ``chain``.

    ``names`` are those for which a certificate under DANE-TA may be: the host's, the domain's.
    """
    if not chain:
        raise ChainRefused("the host showed no certificate")
    if any(record.usage is Usage.HOST and record.matches(chain[0]) for record in records):
        return
    issuers = [
        issuer
        for record in records
        if record.usage is Usage.ISSUER
        for issuer in (*chain[1:], *_within(record))
        if record.matches(issuer)
    ]
    if not issuers:
        raise ChainRefused("no TLSA record names the certificate or its issuer")
    if not leads_to(issuers, chain, now):
        raise ChainRefused("the certificate's chain does not lead to the issuer that TLSA names")
    if not is_for(chain[0], names):
        raise ChainRefused("the certificate is for another host")


def leads_to(issuers: Sequence[x509.Certificate], chain: Sequence[x509.Certificate], now: datetime) -> bool:
    """Tell whether the first of ``chain`` is valid ``now`` under one of ``issuers``."""
    verifier = (
        PolicyBuilder()
        .store(Store(list(issuers)))
        .time(now)
        .max_chain_depth(MOST_CERTIFICATES)
        .extension_policies(ca_policy=_ANY_ISSUER, ee_policy=ExtensionPolicy.permit_all())
        .build_client_verifier()
    )
    try:
        verifier.verify(chain[0], list(chain[1:]))
    except (VerificationError, ValueError, UnsupportedAlgorithm):
        return False
    return True


def is_for(certificate: x509.Certificate, names: Sequence[str]) -> bool:
    """Tell whether ``certificate`` is for one of ``names``; ``.a.example`` means any name below it."""
    shown = [name.lower().rstrip(".") for name in names_in(certificate)]
    return any(_is_same(each, name.lower().rstrip(".")) for each in shown for name in names)


def names_in(certificate: x509.Certificate) -> tuple[str, ...]:
    """Return the DNS names of ``certificate``; its common name only where it has none."""
    try:
        alternatives = certificate.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except x509.ExtensionNotFound:
        common = certificate.subject.get_attributes_for_oid(x509.NameOID.COMMON_NAME)
        return tuple(str(each.value) for each in common[:1])
    except (ValueError, UnsupportedAlgorithm, x509.DuplicateExtension):
        return ()
    return tuple(alternatives.get_values_for_type(x509.DNSName))


def public_key_of(certificate: x509.Certificate) -> bytes:
    """Return the SubjectPublicKeyInfo; empty for a key of a kind that we do not know."""
    try:
        return certificate.public_key().public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo)
    except (ValueError, UnsupportedAlgorithm):
        return b""


def _read(record: str) -> Tlsa | None:
    match = _RECORD.fullmatch(record.strip(" "))
    if match is None:
        return None
    try:
        data = bytes.fromhex(match[4])
        read = Tlsa(Usage(int(match[1])), Selector(int(match[2])), Matching(int(match[3])), data)
    except ValueError:
        return None
    lengths = {Matching.SHA256: 32, Matching.SHA512: 64}
    return read if data and len(data) == lengths.get(read.matching, len(data)) else None


def _within(record: Tlsa) -> tuple[x509.Certificate, ...]:
    """Return the issuer's certificate that a record holds in full; it need not be shown then."""
    if (record.selector, record.matching) != (Selector.CERTIFICATE, Matching.WHOLE):
        return ()
    try:
        return (x509.load_der_x509_certificate(record.data),)
    except (ValueError, UnsupportedAlgorithm):
        return ()


def _is_same(shown: str, name: str) -> bool:
    if name.startswith("."):
        return shown.removeprefix("*").endswith(name)
    if shown.startswith("*."):
        # A wildcard stands for one label (RFC 9525 §6.3).
        return name.partition(".")[2] == shown[2:] and "." in shown[2:]
    return bool(shown) and shown == name

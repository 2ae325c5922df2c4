"""What a client shows of whose it is, where its address says nothing: a certificate or a token.

Many companies send from the addresses of one provider, so such an address authorises nobody.  A
certificate is shown before anything is said; a token stands in the header, so recipients are taken
on the understanding that it comes, and the message is refused when it does not.
"""

from __future__ import annotations

import hashlib
import hmac
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from lazaretto.core.address import Address
from lazaretto.core.snapshot import Directory, HeaderToken, OutboundProofs, TenantSnapshot

_MOST_NAMES: Final = 100


@dataclass(frozen=True, slots=True)
class Certificate:
    """A client certificate whose signatures were verified in the handshake."""

    fingerprint: str
    """SHA-256, 64 lower-case hexadecimal digits."""
    names: frozenset[str] = frozenset()
    """Its DNS names, lower case."""


@dataclass(frozen=True, slots=True)
class Shown:
    """What is known about a client before it names a recipient."""

    registered: TenantSnapshot | None = None
    """The tenant that registered its address, unless others share that address."""
    shares_address: bool = False
    certificate: Certificate | None = None


@dataclass(frozen=True, slots=True)
class Sender:
    """The tenant that a client may send for."""

    tenant: TenantSnapshot
    owes_token: bool = False
    """Only if one of the tenant's tokens stands in the header."""


def sender_of(reverse_path: Address | None, shown: Shown, directory: Directory) -> Sender | None:
    """Return for whom mail under ``reverse_path`` may go out; None when for nobody.

    The reverse path says whose token is owed, so under the null path no token counts.
    """
    if shown.registered is not None:
        return Sender(shown.registered)
    tenant = None if reverse_path is None else directory.tenant_of(reverse_path.domain)
    if shown.certificate is not None and (proven := _proven(shown.certificate, tenant, directory)):
        return Sender(proven)
    if shown.shares_address and tenant is not None and tenant.outbound_proofs.header_tokens:
        return Sender(tenant, owes_token=True)
    return None


def certificate_of(agreed: ssl.SSLObject) -> Certificate | None:
    """Return the client certificate of a handshake; None when none was asked for or shown."""
    encoded = agreed.getpeercert(binary_form=True)
    if not encoded:
        return None
    told = agreed.getpeercert() or {}
    names = told.get("subjectAltName", ())
    return Certificate(
        hashlib.sha256(encoded).hexdigest(),
        frozenset(str(each[1]).lower() for each in names if each[0] == "DNS"),
    )


def without_tokens(header: bytes, tokens: Sequence[HeaderToken]) -> bytes | None:
    """Return ``header`` (whole lines) without the fields of ``tokens``; None when no token is in it.

    Fields of these names go whatever they say: a secret must not travel on to strangers.
    """
    shown = False
    for token in tokens:
        wanted = token.value.encode("ascii")
        for field in _fields_named(token.name).finditer(header):
            shown |= hmac.compare_digest(field["value"].strip(b" \t\r\n"), wanted)
    if not shown:
        return None
    for token in tokens:
        header = _fields_named(token.name).sub(b"", header)
    return header


@lru_cache(maxsize=1_000)
def _fields_named(name: str) -> re.Pattern[bytes]:
    return re.compile(
        rb"^" + re.escape(name.encode("ascii")) + rb"[ \t]*:(?P<value>[^\n]*\n(?:[ \t][^\n]*\n)*)",
        re.IGNORECASE | re.MULTILINE,
    )


def _proven(
    certificate: Certificate, tenant: TenantSnapshot | None, directory: Directory
) -> TenantSnapshot | None:
    """Return the tenant of the reverse path if the certificate is its own, else whose it is alone."""
    if tenant is not None and _is_own(certificate, tenant.outbound_proofs):
        return tenant
    shown = (certificate.fingerprint, *sorted(certificate.names)[:_MOST_NAMES])
    owners = (directory.sender_showing(proof) for proof in shown)
    return next((owner for owner in owners if owner is not None), None)


def _is_own(certificate: Certificate, proofs: OutboundProofs) -> bool:
    return certificate.fingerprint in proofs.certificates or not proofs.certificate_names.isdisjoint(
        certificate.names
    )

"""What a host shows in the handshake, held against what is demanded of it.

The known issuers and the host's own name are checked by the TLS library while hands are shaken; names
that a tenant trusts, pins and TLSA records are checked here, before another word is said.
"""

from __future__ import annotations

import ssl
from collections.abc import Sequence
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.hashes import SHA256

from lazaretto.core.reply import Reply
from lazaretto.delivery.failures import HandshakeFailed, TlsFailure
from lazaretto.delivery.tls_demand import CertificateCheck, ChannelDemand
from lazaretto.protocol.dane import ChainRefused, check_chain, is_for, public_key_of, read_chain

_EXPIRED = 10
_NOT_YET_VALID = 9
_OTHER_HOST = frozenset({62, 64})
"""X509_V_ERR_HOSTNAME_MISMATCH and X509_V_ERR_IP_ADDRESS_MISMATCH of the TLS library."""


def check_shown(demand: ChannelDemand, shown: ssl.SSLObject, now: datetime | None = None) -> None:
    """Raise ``HandshakeFailed`` unless the certificates in ``shown`` are what ``demand`` asks for."""
    if demand.check in (CertificateCheck.NONE, CertificateCheck.HOST):
        return
    try:
        chain = read_chain(_octets(demand, shown))
        if not chain:
            raise ChainRefused("the host showed no certificate")
        _check(demand, chain, now or datetime.now(UTC))
    except ChainRefused as refused:
        kind = TlsFailure.HOST_MISMATCH if demand.check is CertificateCheck.NAMES else TlsFailure.VALIDATION
        raise HandshakeFailed(Reply(450, "4.7.5", str(refused)), kind) from refused


def failure_of(problem: BaseException) -> TlsFailure:
    """Return the word of a report for what broke off a handshake."""
    if not isinstance(problem, ssl.SSLCertVerificationError):
        return TlsFailure.VALIDATION
    if problem.verify_code in (_EXPIRED, _NOT_YET_VALID):
        return TlsFailure.EXPIRED
    return TlsFailure.HOST_MISMATCH if problem.verify_code in _OTHER_HOST else TlsFailure.NOT_TRUSTED


def _check(demand: ChannelDemand, chain: Sequence[x509.Certificate], now: datetime) -> None:
    if demand.check is CertificateCheck.DANE:
        check_chain(demand.tlsa, chain, demand.names, now)
    elif demand.check is CertificateCheck.PINS:
        if not _prints(chain[0]).intersection(demand.pins):
            raise ChainRefused("the certificate is none of those that are pinned")
    elif not is_for(chain[0], demand.names):
        raise ChainRefused("the certificate is for none of the trusted names")


def _prints(certificate: x509.Certificate) -> set[str]:
    from_key = sha256(public_key_of(certificate)).hexdigest()
    return {from_key, certificate.fingerprint(SHA256()).hex()}


def _octets(demand: ChannelDemand, shown: ssl.SSLObject) -> list[bytes]:
    leaf = shown.getpeercert(binary_form=True)
    if leaf is None:
        return []
    return _whole_chain(shown) if demand.check is CertificateCheck.DANE else [leaf]


def _whole_chain(shown: Any) -> list[bytes]:
    """Return all certificates that the host sent, its own first."""
    if hasattr(shown, "get_unverified_chain"):
        return list(shown.get_unverified_chain() or ())
    # Python 3.13 made it public; before, the same is one level below.
    chain = shown._sslobj.get_unverified_chain() or ()
    return [ssl.PEM_cert_to_DER_cert(certificate.public_bytes()) for certificate in chain]

"""A certificate of our own for the edge, so that STARTTLS works from the first minute.

Opportunistic TLS does not ask who signed; an operator puts a real certificate in its place.
"""

from __future__ import annotations

import ssl
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from lazaretto.core.errors import ConfigurationError
from lazaretto.files.placing import replace_durably, sync_folder

VALID_FOR = timedelta(days=3650)


def ensure_certificate(certificate: Path, key: Path, host_name: str) -> None:
    """Make a self-signed certificate for ``host_name`` unless there is one already."""
    if certificate.exists() and key.exists():
        return
    certificate.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    private = ec.generate_private_key(ec.SECP256R1())
    # Durably, or a power cut soon after the first start would leave files that no edge starts with.
    replace_durably(
        key,
        private.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        ),
    )
    made = _signed_by_itself(private, host_name).public_bytes(serialization.Encoding.PEM)
    replace_durably(certificate, made)
    sync_folder(certificate.parent.parent)


def server_context(certificate: Path, key: Path) -> ssl.SSLContext:
    """Return the TLS context of the edge: TLS 1.2 and later, no client certificate needed."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    try:
        context.load_cert_chain(certificate, key)
    except (OSError, ssl.SSLError) as failure:
        problem = f"cannot use the certificate {certificate} with {key}: {failure}"
        raise ConfigurationError(problem) from failure
    return context


def connector_context(certificate: Path, key: Path, authorities: str) -> ssl.SSLContext:
    """Return the TLS context of the connectors' port, which asks for a client certificate.

    One that is shown must be signed by one of ``authorities`` (a PEM file, in which a client's own
    certificate may stand by itself); empty = the authorities of the system.
    """
    context = server_context(certificate, key)
    context.verify_mode = ssl.CERT_OPTIONAL
    context.verify_flags |= ssl.VERIFY_X509_PARTIAL_CHAIN
    try:
        if authorities:
            context.load_verify_locations(authorities)
        else:
            context.load_default_certs(ssl.Purpose.CLIENT_AUTH)
    except (OSError, ssl.SSLError) as failure:
        problem = f"cannot use the authorities in {authorities}: {failure}"
        raise ConfigurationError(problem) from failure
    return context


def names_in(certificate: Path) -> frozenset[str]:
    """Return the lower-case names that the first certificate in a PEM file is for; may hold ``*.a.example``.

    Raises ``ConfigurationError``.
    """
    try:
        first = x509.load_pem_x509_certificate(certificate.read_bytes())
        shown = first.extensions.get_extension_for_class(x509.SubjectAlternativeName).value
    except (OSError, ValueError, x509.ExtensionNotFound) as failure:
        problem = f"cannot read the names in the certificate {certificate}: {failure}"
        raise ConfigurationError(problem) from failure
    return frozenset(name.lower() for name in shown.get_values_for_type(x509.DNSName))


def answering_by_name(context: ssl.SSLContext, others: Mapping[str, ssl.SSLContext]) -> ssl.SSLContext:
    """Return ``context``, which answers a client that asks for a name of ``others`` with that one.

    Who asks for a name that nobody has is shown the certificate of ``context``: mail servers ask for
    the MX host's name and most do not mind what they get.
    """

    def choose(inside: ssl.SSLObject, asked: str | None, _own: ssl.SSLContext) -> None:
        name = (asked or "").lower().rstrip(".")
        wanted = others.get(name) or others.get(f"*.{name.partition('.')[2]}")
        if wanted is not None:
            inside.context = wanted

    # The stubs know of sockets only; servers of asyncio shake hands through objects.
    context.sni_callback = cast(Any, choose) if others else None
    return context


def _signed_by_itself(private: ec.EllipticCurvePrivateKey, host_name: str) -> x509.Certificate:
    # A common name holds 64 characters at most (RFC 5280, appendix A.1); the SAN is what counts.
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, host_name[:64])])
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(private.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - timedelta(hours=1))
        .not_valid_after(now + VALID_FOR)
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(host_name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .sign(private, hashes.SHA256())
    )

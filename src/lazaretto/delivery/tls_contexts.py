"""The contexts with which TLS is spoken to next hops, each made once: reading certificates is slow."""

from __future__ import annotations

import ssl
from typing import NamedTuple

from lazaretto.delivery.tls_demand import CertificateCheck, ChannelDemand


class _Kind(NamedTuple):
    """What tells contexts apart; a key, no record."""

    asks_issuers: bool
    checks_name: bool
    minimum_version: str


class TlsContexts:
    """The contexts of a deliver process."""

    def __init__(self, ca_file: str = "") -> None:
        self._ca_file = ca_file
        self._made: dict[_Kind, ssl.SSLContext] = {}

    def of(self, demand: ChannelDemand) -> ssl.SSLContext:
        """Return the context that ``demand`` is met with; what a context cannot see is checked after."""
        kind = _Kind(
            asks_issuers=demand.asks_issuers,
            checks_name=demand.check is CertificateCheck.HOST,
            minimum_version=demand.minimum_version,
        )
        context = self._made.get(kind)
        if context is None:
            context = self._made[kind] = self._make(kind)
        return context

    def _make(self, kind: _Kind) -> ssl.SSLContext:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        context.options |= ssl.OP_NO_COMPRESSION
        context.minimum_version = (
            ssl.TLSVersion.TLSv1_3 if kind.minimum_version == "TLSv1.3" else ssl.TLSVersion.TLSv1_2
        )
        context.check_hostname = kind.checks_name
        if not kind.asks_issuers:
            context.verify_mode = ssl.CERT_NONE
        elif self._ca_file:
            context.load_verify_locations(self._ca_file)
        else:
            context.load_default_certs()
        return context

"""What is demanded of the channel to a next hop, and the contexts with which TLS is spoken.

One answer per host: the strictest of what the sources say.  The route's own demand is one source;
published policies (MTA-STS, DANE) are others, behind the same seam.
"""

from __future__ import annotations

import ssl
from typing import Protocol

from lazaretto.core.snapshot import NextHop, TlsDemand


class TlsPolicy(Protocol):
    """Says what is demanded of the channel to a host."""

    async def demand(self, domain: str, hop: NextHop) -> TlsDemand:
        """Return the demand for mail to ``domain`` at ``hop``; never milder than ``hop.tls``."""


class RouteTlsPolicy:
    """Demands what the route says and nothing more."""

    async def demand(self, domain: str, hop: NextHop) -> TlsDemand:
        """Return ``hop.tls``."""
        del domain
        return hop.tls


class TlsContexts:
    """The two contexts of a deliver process, made once: reading the system's certificates is slow."""

    def __init__(self, ca_file: str = "") -> None:
        self._verifying = ssl.create_default_context(cafile=ca_file or None)
        self._verifying.minimum_version = ssl.TLSVersion.TLSv1_2
        self._trusting = ssl.create_default_context()
        self._trusting.check_hostname = False
        self._trusting.verify_mode = ssl.CERT_NONE
        self._trusting.minimum_version = ssl.TLSVersion.TLSv1_2

    def of(self, demand: TlsDemand) -> ssl.SSLContext:
        """Return the context that meets ``demand``."""
        return self._verifying if demand is TlsDemand.VERIFIED else self._trusting

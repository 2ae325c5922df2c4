"""The edge's doors: where it listens, for whom, and with which TLS."""

from __future__ import annotations

import ssl
from dataclasses import dataclass
from enum import Enum


class Door(Enum):
    """Whom an address is for."""

    PUBLIC = "public"
    CONNECTOR = "connector"
    """Tenants' own servers: a client certificate is asked for.  Asked of everybody, it would break the
    handshake of each stranger whose certificate nobody signed."""
    BALANCER = "balancer"
    """Listed balancers, which say for whom they connect (PROXY protocol)."""


@dataclass(frozen=True, slots=True)
class ListenAddress:
    """A host and port; port 0 is any free one."""

    host: str
    port: int
    door: Door = Door.PUBLIC


@dataclass(slots=True)
class TlsContexts:
    """The contexts of handshakes from now on; replaced as a whole when a certificate changes.

    Each door has a context of its own: a session ticket of one means nothing at another.
    """

    public: ssl.SSLContext | None = None
    connector: ssl.SSLContext | None = None

    def at(self, door: Door) -> ssl.SSLContext | None:
        """Return the context at ``door``; None where TLS is not offered."""
        return self.connector if door is Door.CONNECTOR else self.public

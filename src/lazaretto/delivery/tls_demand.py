"""What is demanded of the channel to a host: one value, whoever demanded it.

A demand that is required is met or nothing is said; any other is tried first, and what cannot be met
of it is done without and recorded.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Final

from lazaretto.core.snapshot import TlsDemand
from lazaretto.protocol.dane import Tlsa


class CertificateCheck(Enum):
    """What a host's certificate must be."""

    NONE = "none"
    HOST = "host"
    """Of a known issuer and valid for the host's name."""
    NAMES = "names"
    """Of a known issuer and valid for one of ``names``."""
    PINS = "pins"
    """One of ``pins``, or with such a key; nothing else counts."""
    DANE = "dane"
    """Named by ``tlsa``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChannelDemand:
    """What a channel must be; two copies may share a connection only where theirs are equal."""

    policy: str
    """Who demands it, in words for the trace."""
    is_required: bool
    check: CertificateCheck = CertificateCheck.NONE
    minimum_version: str = "TLSv1.2"
    names: tuple[str, ...] = ()
    pins: tuple[str, ...] = ()
    tlsa: tuple[Tlsa, ...] = ()
    published: tuple[str, ...] = ()
    """What the domain published, line by line or record by record, for reports."""
    sts_pattern_failed: bool = False
    """The host is not among those of the domain's policy, which is only being tested."""

    @property
    def asks_issuers(self) -> bool:
        """Tell whether the certificate must come from a known issuer."""
        return self.check in (CertificateCheck.HOST, CertificateCheck.NAMES)


OPPORTUNISTIC: Final = ChannelDemand(policy="opportunistic", is_required=False)
"""Encrypted where that is possible."""

_OF_ROUTES: Final = {
    TlsDemand.OPPORTUNISTIC: OPPORTUNISTIC,
    TlsDemand.REQUIRED: ChannelDemand(policy="route required", is_required=True),
    TlsDemand.VERIFIED: ChannelDemand(policy="route verified", is_required=True, check=CertificateCheck.HOST),
}


def demand_of_route(tls: TlsDemand) -> ChannelDemand:
    """Return what a route demands by ``tls``."""
    return _OF_ROUTES[tls]

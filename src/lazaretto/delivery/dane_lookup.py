"""Which certificates the DNS names for a host (RFC 7672 §2.2), where every answer on the way is signed.

A name that is not signed leads to no demand: whoever can forge the way to a host could forge its TLSA
records too.  But where the way is signed and the records cannot be had, somebody may be keeping them
from us, and the host is not called.
"""

from __future__ import annotations

import asyncio
import ipaddress
from dataclasses import replace
from typing import Final

from lazaretto.core.facts import DnsStatus, Resolver
from lazaretto.core.reply import Reply
from lazaretto.core.snapshot import NextHop
from lazaretto.delivery.failures import PolicyUnmet, TlsFailure
from lazaretto.delivery.tls_demand import CertificateCheck, ChannelDemand
from lazaretto.protocol.dane import usable

_DANE: Final = ChannelDemand(policy="dane", is_required=True, check=CertificateCheck.DANE)


async def dane_demand(
    resolver: Resolver, domain: str, hop: NextHop, *, is_fixed: bool
) -> ChannelDemand | None:
    """Return what the DNS demands of ``hop``; None where it demands nothing.

    A host of a route (``is_fixed``) was named by people, so that only its own answers must be signed;
    any other was named by the MX records of ``domain``.  Raises ``PolicyUnmet``.
    """
    if _is_address(hop.host) or not (is_fixed or await _is_named(resolver, domain, hop.host)):
        return None
    if not await _has_signed_address(resolver, hop.host):
        return None
    answer = await resolver.ask(f"_{hop.port}._tcp.{hop.host}", "TLSA")
    if answer.failed:
        raise _unsafe("the DNS does not say which certificates the host has")
    if answer.status is not DnsStatus.ANSWER or not answer.authentic:
        return None
    records = usable(answer.records)
    if not records:
        # RFC 7672 §2.2: records of other kinds still say that the host speaks TLS.
        return replace(_DANE, check=CertificateCheck.NONE, published=answer.records)
    return replace(_DANE, tlsa=records, names=(hop.host, domain), published=answer.records)


async def _is_named(resolver: Resolver, domain: str, host: str) -> bool:
    """Tell whether signed MX records of ``domain`` name ``host``; False where they are not signed."""
    answer = await resolver.ask(domain, "MX")
    if answer.failed:
        raise _unsafe("the DNS does not say whether the domain's mail hosts are signed")
    if not answer.authentic or answer.status is not DnsStatus.ANSWER:
        return False
    if host not in {record.partition(" ")[2] for record in answer.records}:
        # Who routes may ask another resolver, and that one may have been told a tale.
        raise _unsafe("the signed MX records of the domain do not name the host")
    return True


async def _has_signed_address(resolver: Resolver, host: str) -> bool:
    answers = await asyncio.gather(*(resolver.ask(host, kind) for kind in ("A", "AAAA")))
    if any(answer.authentic and answer.status is DnsStatus.ANSWER for answer in answers):
        return True
    if any(answer.failed for answer in answers):
        raise _unsafe("the DNS does not say whether the host's addresses are signed")
    return False


def _unsafe(problem: str) -> PolicyUnmet:
    return PolicyUnmet(Reply(451, "4.7.5", problem), TlsFailure.DNSSEC_INVALID, _DANE.policy)


def _is_address(text: str) -> bool:
    try:
        ipaddress.ip_address(text)
    except ValueError:
        return False
    return True

"""What is told of an outbound channel: what was offered, demanded, agreed on and done without."""

from __future__ import annotations

from lazaretto.core.envelope import Tls, TlsRecord, has_forward_secrecy
from lazaretto.delivery.failures import TlsFailure, TlsUnmet
from lazaretto.delivery.tls_demand import CertificateCheck, ChannelDemand


def record_of(
    demand: ChannelDemand, tls: Tls | None, missed: TlsUnmet | None, *, is_offered: bool = False
) -> TlsRecord:
    """Return the record of a channel that came to be ``tls`` after ``missed`` was what failed first."""
    failure = _failure(demand, missed, is_offered=is_offered)
    fallback = "" if missed is None or demand.is_required else missed.reply.text
    if tls is None:
        advertised = is_offered or (missed is not None and missed.kind is not TlsFailure.NOT_OFFERED)
        return TlsRecord(
            advertised=advertised, policy=demand.policy, fallback_reason=fallback, failure=failure
        )
    return TlsRecord(
        advertised=True,
        used=True,
        policy=demand.policy,
        protocol=tls.protocol,
        cipher=tls.cipher,
        bits=tls.bits,
        verified=tls.verified,
        forward_secrecy=has_forward_secrecy(tls.protocol, tls.cipher),
        fallback_reason=fallback,
        failure=failure,
    )


def _failure(demand: ChannelDemand, missed: TlsUnmet | None, *, is_offered: bool) -> str:
    if missed is not None:
        return missed.kind.value
    if demand.sts_pattern_failed:
        return TlsFailure.VALIDATION.value
    if not is_offered and demand.check is not CertificateCheck.NONE:
        return TlsFailure.NOT_OFFERED.value
    return ""

"""What is told of a message without telling what it says: the keys of events that are metadata.

The list names what may be seen.  A key that somebody adds to an event tomorrow is content until it
stands here.
"""

from __future__ import annotations

from typing import Any, Final

_WHOLE: Final = frozenset({"sums", "timings", "versions"})
"""Values whose own keys are names of steps, parts and classes."""
_METADATA: Final = frozenset(
    """
    id part_of event time recipients message message_id queued_as direction size sha256 reverse_path reply
    stage temporary count reason reference by to until expires_at about pen requested_by second_look
    looked_with request approved_by released_to why destination
    client ip helo hostname port host attempt next_at tls channel protocol cipher verified advertised used
    policy bits forward_secrecy fallback_reason failure
    verdict score findings symbol class recipient version
    copies place disposition judged deliver_to additional actions settings rule setting symbols
    quarantine_reason shadow
    facts spf dkim dmarc arc result domain mechanism selector identity algorithm body_covered policy_domain
    aligned_by record sealers listings zone list client_ip authors country domain_age
    xMsgRef longMsgRef messageId isOutbound messageSize mailProcessingStartTime envFrom envTo senderIp
    senderMailserver country HELOString avQuarantinePenId authResults dkim_signing_domain dmarc_policy
    dmarc_override_action newDomainAge timeInCynicSandboxMs tlsInfo tlsAdvertised tlsUsed tlsPolicy
    tlsProtocol tlsCipher tlsKeyLength tlsFallbackReason tlsForwardSecrecy tlsNegotiationFailed incidents
    addressContexts name isSender severity securityService detectionMethod action dmasInfo dmasDelivered
    malwareName malwareCategory lazaretto tenant program bundle configuration received_at cause
    remediation late
    """.split()  # noqa: SIM905 - ninety quoted words would be harder to read than these
)


def metadata_of(value: Any) -> Any:
    """Return JSON values without whatever is not known to be metadata."""
    if isinstance(value, dict):
        return {
            key: each if key in _WHOLE else metadata_of(each)
            for key, each in value.items()
            if key in _METADATA or key in _WHOLE
        }
    if isinstance(value, list | tuple):
        return [metadata_of(each) for each in value]
    return value

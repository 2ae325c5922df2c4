"""How a conversation can fail before the message was handed over."""

from __future__ import annotations

from enum import Enum

from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.queued import Remote
from lazaretto.core.reply import Reply


class TlsFailure(Enum):
    """What can go wrong with TLS, in the words of RFC 8460 §4.3."""

    NOT_OFFERED = "starttls-not-supported"
    HOST_MISMATCH = "certificate-host-mismatch"
    EXPIRED = "certificate-expired"
    NOT_TRUSTED = "certificate-not-trusted"
    VALIDATION = "validation-failure"
    TLSA_INVALID = "tlsa-invalid"
    DNSSEC_INVALID = "dnssec-invalid"
    DANE_REQUIRED = "dane-required"
    STS_FETCH = "sts-policy-fetch-error"
    STS_INVALID = "sts-policy-invalid"
    STS_WEBPKI = "sts-webpki-invalid"


class ConversationFailed(TemporaryFailure):
    """The conversation ended before the message was handed over; nobody has it."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


class TlsUnmet(ConversationFailed):
    """What is demanded of the channel did not come about; ``remote`` is the host, where one was called."""

    def __init__(self, reply: Reply, kind: TlsFailure = TlsFailure.VALIDATION) -> None:
        super().__init__(reply)
        self.kind = kind
        self.remote: Remote | None = None


class TlsNotOffered(TlsUnmet):
    """The host does not offer STARTTLS, or refuses it."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(reply, TlsFailure.NOT_OFFERED)


class HandshakeFailed(TlsUnmet):
    """STARTTLS was accepted and then no TLS came about; or the certificate is not what it must be."""


class PolicyUnmet(TlsUnmet):
    """A published or a tenant's policy rules the host out before it is called."""

    def __init__(self, reply: Reply, kind: TlsFailure, policy: str) -> None:
        super().__init__(reply, kind)
        self.policy = policy


class HostUnreachable(ConversationFailed):
    """No address of the host takes connections; ``reply`` says how the last one refused."""

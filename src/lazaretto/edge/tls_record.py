"""What is told of a session's channel: offered, used, agreed on, and why not."""

from __future__ import annotations

import ssl
from typing import Final

from lazaretto.core.envelope import Tls, TlsRecord, has_forward_secrecy

_NOT_ASKED: Final = "the client did not ask for it"


def tls_of(agreed: ssl.SSLObject, *, verified: bool) -> Tls:
    """Return what a handshake agreed on; ``verified`` where a good client certificate was shown."""
    cipher = agreed.cipher() or ("", "", 0)
    return Tls(protocol=agreed.version() or "", cipher=cipher[0], bits=cipher[2], verified=verified)


def record_of(tls: Tls | None, *, is_offered: bool = True, failed: str = "") -> TlsRecord:
    """Return the record of a session.

    ``failed`` says how the client's last handshake failed, when it comes back in clear after that.
    """
    if tls is None:
        reason = (failed or _NOT_ASKED) if is_offered else ""
        return TlsRecord(advertised=is_offered, fallback_reason=reason, failure=failed)
    return TlsRecord(
        advertised=True,
        used=True,
        protocol=tls.protocol,
        cipher=tls.cipher,
        bits=tls.bits,
        verified=tls.verified,
        forward_secrecy=has_forward_secrecy(tls.protocol, tls.cipher),
    )

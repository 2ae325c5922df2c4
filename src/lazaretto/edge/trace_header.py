"""The fields that every copy gets on top: Received (RFC 5321 §4.4) and our own mark.

What a client says about itself goes in only as far as it cannot become anything else there.
"""

from __future__ import annotations

import re
from datetime import datetime
from email.utils import format_datetime
from typing import Final

from lazaretto.core.envelope import Client, Envelope
from lazaretto.core.identity import MessageId
from lazaretto.edge.hop_token import hop_field

_UNSAFE: Final = re.compile(r"[^A-Za-z0-9._:\[\]-]")
_UNSAFE_IN_PATH: Final = re.compile(r"[^!#-'*+\--Z^-~]")
_MAX_CLAIM: Final = 255


def trace_header(
    *,
    message: MessageId,
    client: Client,
    envelope: Envelope,
    host_name: str,
    at: datetime,
    hop_key: bytes,
) -> bytes:
    """Return the trace fields of ``message``, each line ended by CRLF."""
    lines = [
        f"Received: from {_claim(client.helo)} ({_seen(client)})",
        f"\tby {_claim(host_name)} (Lazaretto)",
    ]
    lines.append(f"\twith {protocol_word(client, envelope)}{_tls_words(client)} id {message}")
    # With several recipients the field would tell each of them about the others.
    if len(envelope.recipients) == 1:
        lines.append(f"\tfor <{_path(envelope.recipients[0].address)}>;")
    else:
        lines[-1] += ";"
    lines.append(f"\t{format_datetime(at)}\r\n")
    return "\r\n".join(lines).encode("ascii") + hop_field(message, hop_key)


def protocol_word(client: Client, envelope: Envelope) -> str:
    """Return the registered keyword for how it came (RFC 3848, RFC 6531 §4.3)."""
    if envelope.smtputf8:
        return "UTF8SMTPS" if client.tls else "UTF8SMTP"
    if not client.extended:
        return "SMTP"
    return "ESMTPS" if client.tls else "ESMTP"


def _seen(client: Client) -> str:
    ip = f"IPv6:{client.ip}" if ":" in client.ip else client.ip
    return f"{_claim(client.hostname)} [{ip}]" if client.hostname else f"[{ip}]"


def _tls_words(client: Client) -> str:
    if client.tls is None:
        return ""
    return f" ({_claim(client.tls.protocol)} {_claim(client.tls.cipher)} {client.tls.bits} bits)"


def _claim(text: str) -> str:
    return _UNSAFE.sub("?", text[:_MAX_CLAIM]) or "unknown"


def _path(address: str) -> str:
    return _UNSAFE_IN_PATH.sub("?", address)

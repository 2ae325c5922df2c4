"""Events as other systems read them: signed JSON for web hooks, RFC 5424 and CEF for log servers."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, Final
from uuid import UUID

import msgspec

from lazaretto.core.events import EventKind
from lazaretto.journal.feeding import FedEvent
from lazaretto.journal.outlets import Format, Outlet

SIGNATURE_FIELD: Final = "Lazaretto-Signature"
_FACILITY_MAIL: Final = 2
_SEVERITIES: Final = {
    EventKind.REFUSED.value: 5,
    EventKind.QUARANTINED.value: 4,
    EventKind.BOUNCED.value: 4,
    EventKind.DELETED.value: 5,
}
"""Of RFC 5424 §6.2.1; everything else is informational."""
_INFORMATIONAL: Final = 6
_CEF_LEVELS: Final = {4: 6, 5: 3, 6: 1}


def secret_of(key: str, outlet: UUID, generation: int) -> str:
    """Return the secret that a web hook's events are signed with, from the platform's ``key``."""
    return hmac.new(key.encode(), f"outlet {outlet} {generation}".encode(), hashlib.sha256).hexdigest()


def as_values(event: FedEvent) -> dict[str, Any]:
    """Return an event as the JSON values that every reader of events gets."""
    return {
        "time": event.at,
        "event": event.kind,
        "message": event.message,
        "recipients": event.recipients,
        **event.details,
    }


def hook_body(outlet: Outlet, tenant: str, events: Sequence[FedEvent]) -> bytes:
    """Return the body of one call of a web hook; ``id`` is the same when it is sent again."""
    return msgspec.json.encode(
        {
            "id": f"{outlet.id}:{events[-1].shipped}",
            "tenant": tenant,
            "events": [as_values(event) for event in events],
        }
    )


def signature(secret: str, body: bytes, at: datetime) -> str:
    """Return the signature field: the time, and HMAC-SHA256 of time, a dot and the body."""
    seconds = int(at.timestamp())
    digest = hmac.new(secret.encode(), b"%d." % seconds + body, hashlib.sha256).hexdigest()
    return f"t={seconds},v1={digest}"


def log_message(outlet: Outlet, host_name: str, tenant: str, event: FedEvent) -> bytes:
    """Return one event as a message of RFC 5424, framed for TLS by its length (RFC 5425 §4.3)."""
    severity = _SEVERITIES.get(event.kind, _INFORMATIONAL)
    at = event.at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
    text = _cef(tenant, event, severity) if outlet.format == Format.CEF.value else _json(event)
    head = f"<{_FACILITY_MAIL * 8 + severity}>1 {at} {_word(host_name)} lazaretto - {_word(event.kind)} -"
    message = f"{head} {text}".encode()
    return b"%d " % len(message) + message


def _json(event: FedEvent) -> str:
    return msgspec.json.encode(as_values(event)).decode()


def _cef(tenant: str, event: FedEvent, severity: int) -> str:
    details = event.details
    client = details.get("client") or {}
    fields = {
        "rt": str(int(event.at.timestamp() * 1_000)),
        "externalId": str(event.message),
        "suser": details.get("reverse_path"),
        "duser": ",".join(event.recipients),
        "src": client.get("ip") if isinstance(client, dict) else None,
        "fsize": details.get("size"),
        "msg": details.get("subject"),
        "reason": details.get("reason") or details.get("reply"),
        "cat": details.get("verdict"),
        "cs1Label": "tenant",
        "cs1": tenant,
    }
    extension = " ".join(
        f"{key}={_cef_value(value)}" for key, value in fields.items() if value not in (None, "")
    )
    name = _cef_head(event.kind)
    return f"CEF:0|Lazaretto|Lazaretto|1|{name}|message {name}|{_CEF_LEVELS[severity]}|{extension}"


def _cef_head(text: str) -> str:
    return _one_line(text).replace("\\", "\\\\").replace("|", "\\|")


def _cef_value(value: Any) -> str:
    return _one_line(str(value)).replace("\\", "\\\\").replace("=", "\\=")


def _one_line(text: str) -> str:
    return "".join(c if c.isprintable() else " " for c in text)


def _word(text: str) -> str:
    return "".join(c for c in text if c.isascii() and c.isprintable() and c != " ")[:255] or "-"

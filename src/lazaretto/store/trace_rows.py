"""A message's story as rows of a spreadsheet, one for each recipient; nothing of it is translated.

Programs read these names, so they stay as they are.  What a story does not tell stands empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from typing import Any, Final

from lazaretto.core.address import domain_of
from lazaretto.journal.trace import TracedMessage, TracedRecipient

EXPORTED: Final = tuple(
    """
    time_utc message_ref direction env_from header_from recipient subject size source_ip country helo tls_in
    tls_out spf dkim dmarc arc verdict service detection_method rule_ids policy action status route
    remote_host remote_reply delivered_at latency_ms sandbox_ms attachment_names attachment_sha256
    malware_name malware_category url_count max_url_risk dlp_policies image_score eic_reason encrypted
    disclaimer released_by released_at
    """.split()  # noqa: SIM905 - forty quoted words would be harder to read than these
)
_SERVICES: Final = {
    "malware": "antimalware",
    "unscannable": "antimalware",
    "phishing": "antispam",
    "spam": "antispam",
    "bulk": "antispam",
    "violation": "data-protection",
}


def export_rows(message: TracedMessage) -> Iterator[dict[str, Any]]:
    """Yield the rows of one story; a message without recipients has one as well."""
    shared = _of_message(message)
    if not message.recipients:
        yield {**dict.fromkeys(EXPORTED), **shared}
    for recipient in message.recipients:
        yield {**dict.fromkeys(EXPORTED), **shared, **_of_recipient(message, recipient)}


def _of_message(message: TracedMessage) -> dict[str, Any]:
    received = _first(message, "received") or _first(message, "refused") or {}
    look = _first(message, "scanned") or {}
    facts = look.get("facts") or {}
    client = received.get("client") or {}
    convicted = _first(message, "convicted") or {}
    files = facts.get("files") or ()
    incident: dict[str, Any] = next(iter(convicted.get("incidents") or ()), {})
    named: dict[str, Any] = next(
        (each for each in incident.get("filesAndLinks") or () if each.get("malwareName")), {}
    )
    return {
        "time_utc": _time(message.received_at),
        "message_ref": message.id,
        "direction": message.direction,
        "env_from": message.sender,
        "header_from": look.get("author") or ", ".join(facts.get("authors") or ()),
        "subject": message.subject,
        "size": message.size,
        "source_ip": client.get("ip") or facts.get("client_ip"),
        "country": convicted.get("country"),
        "helo": client.get("helo"),
        "tls_in": _tls(client),
        "spf": _result(facts.get("spf")),
        "dkim": " ".join(dict.fromkeys(str(each.get("result")) for each in facts.get("dkim") or ())),
        "dmarc": _result(facts.get("dmarc")),
        "arc": _result(facts.get("arc")),
        "verdict": message.verdict,
        "service": _SERVICES.get(message.verdict or ""),
        "rule_ids": " ".join(dict.fromkeys(str(each.get("symbol")) for each in message.findings)),
        "detection_method": incident.get("detectionMethod"),
        "attachment_names": "; ".join(look.get("attachments") or ()),
        "attachment_sha256": " ".join(str(each["sha256"]) for each in files if each.get("sha256")),
        "malware_name": named.get("malwareName"),
        "malware_category": named.get("malwareCategory"),
        "url_count": len(facts["hosts"]) if "hosts" in facts else None,
    }


def _of_recipient(message: TracedMessage, recipient: TracedRecipient) -> dict[str, Any]:
    last: Mapping[str, Any] = recipient.attempts[-1] if recipient.attempts else {}
    delivered = next((each for each in recipient.attempts if each.get("outcome") == "delivered"), None)
    copy = next(iter(_copies(message, recipient.address)), {})
    settings = [each.get("setting") or each.get("rule") for each in copy.get("settings") or ()]
    actions = copy.get("actions") or ()
    released = next((each for each in message.events if _is_release(each, recipient.address)), {})
    return {
        "recipient": recipient.address,
        "policy": "; ".join(filter(None, settings)),
        "action": recipient.disposition,
        "status": recipient.place,
        "route": domain_of(recipient.address),
        "remote_host": last.get("host") or last.get("ip"),
        "remote_reply": last.get("reply"),
        "tls_out": _tls(last),
        "delivered_at": _time(delivered["time"]) if delivered else None,
        "latency_ms": round((delivered["time"] - message.received_at).total_seconds() * 1_000)
        if delivered
        else None,
        "disclaimer": "yes" if any("disclaim" in str(each) for each in actions) else "no",
        "released_by": released.get("by"),
        "released_at": _time(released["time"]) if released else None,
    }


def _first(message: TracedMessage, event: str) -> dict[str, Any] | None:
    return next((each for each in message.events if each["event"] == event), None)


def _copies(message: TracedMessage, address: str) -> Iterator[Mapping[str, Any]]:
    for event in message.events:
        if event["event"] == "scanned":
            yield from (each for each in event.get("copies") or () if address in each.get("recipients", ()))


def _is_release(event: Mapping[str, Any], address: str) -> bool:
    return event["event"] == "released" and (not event["recipients"] or address in event["recipients"])


def _result(told: Any) -> str | None:
    return told.get("result") if isinstance(told, Mapping) else None


def _tls(told: Mapping[str, Any]) -> str:
    tls = told.get("tls") or {}
    return f"{tls.get('protocol', '')} {tls.get('cipher', '')}".strip()


def _time(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")

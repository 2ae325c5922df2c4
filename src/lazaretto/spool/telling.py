"""The events of the spool in words: what each kind of event says in its details."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from lazaretto.core.decision import Copy, Decision, Judgement, Look, Summary
from lazaretto.core.envelope import Client, Direction, Tls
from lazaretto.core.events import FEATURES, RECORD, Event, EventKind
from lazaretto.core.excess import Excess
from lazaretto.core.findings import Finding
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.indicators import KeptTraits
from lazaretto.core.places import Place
from lazaretto.core.queued import RecipientOutcome
from lazaretto.core.reply import Reply
from lazaretto.core.submission import Submission


def received(
    submission: Submission,
    tenant: TenantId,
    direction: Direction,
    recipients: Sequence[str],
    summary: Summary,
) -> Event:
    """Return what RECEIVED says of the part of ``submission`` that belongs to ``tenant``."""
    return Event(
        kind=EventKind.RECEIVED,
        at=submission.received_at,
        tenant=tenant,
        message=submission.id,
        recipients=tuple(recipients),
        details={
            **_message(submission, tenant, direction, summary),
            "queued_as": str(submission.id),
            "reply": f"250 2.0.0 Queued as {submission.id}",
        },
    )


def composed(
    *,
    tenant: TenantId,
    message: MessageId,
    at: datetime,
    reverse_path: str,
    recipients: Sequence[str],
    size: int,
    summary: Summary,
    about: MessageId | None,
) -> Event:
    """Return what RECEIVED says of a message of our own making."""
    return Event(
        kind=EventKind.RECEIVED,
        at=at,
        tenant=tenant,
        message=message,
        recipients=tuple(recipients),
        details={
            "direction": Direction.INTERNAL.value,
            "reverse_path": reverse_path,
            "size": size,
            "subject": summary.subject,
            "message_id": summary.message_id,
            "about": None if about is None else str(about),
        },
    )


def scanned(
    judgement: Judgement,
    copies: Iterable[Copy],
    tenant: TenantId,
    message: MessageId,
    at: datetime,
    record: Mapping[str, Any] | None = None,
) -> Event:
    """Return what SCANNED says to ``tenant``: findings and facts, and what becomes of its copies.

    ``record`` is the detailed one of safe mail, where it is wanted.
    """
    look = judgement.looks.get(tenant)
    if look is None:
        look = Look(verdict=judgement.verdict, score=judgement.score, findings=judgement.findings)
    told = [_copy(copy) for copy in copies]
    # What rests may be released: it is found in time or late as what goes on at once.
    may_arrive = any(copy["place"] in (Place.READY.value, Place.QUARANTINED.value) for copy in told)
    return Event(
        kind=EventKind.SCANNED,
        at=at,
        tenant=tenant,
        message=message,
        details={
            "verdict": look.verdict.value,
            "score": look.score,
            "findings": [_finding(found) for found in look.findings],
            "sums": look.sums,
            "version": look.version,
            "copies": told,
            "facts": judgement.facts,
            "versions": {**judgement.versions, f"tenant:{look.tenant}": str(look.version)},
            "timings": judgement.timings,
            "subject": judgement.summary.subject,
            "message_id": judgement.summary.message_id,
            "author": judgement.summary.author,
            "attachments": list(judgement.summary.attachments),
            "reference": judgement.reference,
            **_on_trial(look),
            # Only the index of traits reads it; the story of the message is kept without it.
            **({RECORD: record} if record is not None else {}),
            **({FEATURES: _kept(judgement.features)} if may_arrive else {}),
        },
    )


def _kept(traits: KeptTraits) -> dict[str, Any]:
    return {
        "digests": base64.b64encode(traits.digests).decode(),
        "names": list(traits.names),
        "subject": traits.subject,
    }


def _on_trial(look: Look) -> dict[str, Any]:
    """Return what settings that are only on trial would have done; nothing where it is the same."""
    if not look.shadow:
        return {}
    return {
        "shadow": [
            {
                "recipients": list(decision.recipients),
                "disposition": decision.disposition.word,
                "actions": [order.action for order in decision.orders],
                "settings": _settings(decision),
            }
            for decision in look.shadow
        ]
    }


def refused(
    submission: Submission, tenant: TenantId, direction: Direction, summary: Summary, reply: Reply,
    reference: str, header: str,
) -> Event:  # fmt: skip
    """Return what REFUSED says of a message that was refused after its content was seen."""
    addresses = [
        recipient.address for leg in submission.legs if leg.tenant == tenant for recipient in leg.recipients
    ]
    return Event(
        kind=EventKind.REFUSED,
        at=submission.received_at,
        tenant=tenant,
        message=submission.id,
        recipients=tuple(addresses),
        details={
            **_message(submission, tenant, direction, summary),
            "stage": "data",
            "reply": str(reply),
            "temporary": reply.is_temporary,
            "reference": reference,
            "header": header,
        },
    )


def quarantined(
    *,
    tenant: TenantId,
    message: MessageId,
    at: datetime,
    recipients: Sequence[str],
    quarantine: UUID,
    reason: str,
    expires_at: datetime,
) -> Event:
    """Return what QUARANTINED says."""
    details = {"id": str(quarantine), "reason": reason, "expires_at": expires_at.isoformat()}
    return Event(
        kind=EventKind.QUARANTINED,
        at=at,
        tenant=tenant,
        message=message,
        recipients=tuple(recipients),
        details=details,
    )


def deleted(decision: Decision, tenant: TenantId, message: MessageId, at: datetime) -> Event:
    """Return what DELETED says of copies that a policy deletes."""
    return Event(
        kind=EventKind.DELETED,
        at=at,
        tenant=tenant,
        message=message,
        recipients=decision.recipients,
        details={"reason": decision.quarantine_reason, "settings": _settings(decision)},
    )


def held(
    tenant: TenantId,
    message: MessageId,
    at: datetime,
    recipients: Sequence[str],
    excess: Excess,
    until: datetime,
) -> Event:
    """Return what HELD says of copies that are kept back as their sender sends too much."""
    return Event(
        kind=EventKind.HELD,
        at=at,
        tenant=tenant,
        message=message,
        recipients=tuple(recipients),
        details={"by": "limit", "until": until.isoformat(), **_excess(excess)},
    )


def exceeded(
    tenant: TenantId, message: MessageId, at: datetime, recipients: Sequence[str], excess: Excess
) -> Event:
    """Return what EXCEEDED says of copies that go on although there are too many of them."""
    return Event(
        kind=EventKind.EXCEEDED,
        at=at,
        tenant=tenant,
        message=message,
        recipients=tuple(recipients),
        details=_excess(excess),
    )


def excess_words(excess: Excess) -> str:
    """Return why a copy is kept back, as lists of the queue show it."""
    return f"kept back: {_in_words(excess)}"


def _excess(excess: Excess) -> dict[str, Any]:
    return {
        "limit": excess.limit.value,
        "counted": excess.counted,
        "allowed": excess.allowed,
        "reason": _in_words(excess),
    }


def _in_words(excess: Excess) -> str:
    return f"{excess.limit.value}, {excess.counted} where {excess.allowed} are allowed"


def outcome_details(outcome: RecipientOutcome, attempt: int, next_at: datetime | None) -> dict[str, Any]:
    """Return what DELIVERED, DEFERRED and BOUNCED say about one attempt."""
    details: dict[str, Any] = {
        "host": outcome.remote.host,
        "ip": outcome.remote.ip,
        "port": outcome.remote.port,
        "tls": tls_details(outcome.remote.tls),
        "reply": str(outcome.reply),
        "attempt": attempt,
    }
    if outcome.remote.channel is not None:
        details["channel"] = msgspec.to_builtins(outcome.remote.channel)
    if next_at is not None:
        details["next_at"] = next_at.isoformat()
    return details


def client_details(client: Client, tls_policy: str) -> dict[str, Any]:
    """Return what is told of the other end of a session, which had to meet ``tls_policy``."""
    details = {
        "ip": client.ip,
        "helo": client.helo,
        "hostname": client.hostname,
        "tls": tls_details(client.tls),
    }
    if client.channel is not None:
        details["channel"] = {**msgspec.to_builtins(client.channel), "policy": tls_policy}
    return details


def tls_details(tls: Tls | None) -> dict[str, Any] | None:
    """Return what is told of a channel; None when it was in clear text."""
    if tls is None:
        return None
    return {"protocol": tls.protocol, "cipher": tls.cipher, "verified": tls.verified}


def only(judgement: Judgement, tenant: TenantId) -> Iterable[Copy]:
    """Yield the copies of ``tenant``."""
    return (copy for copy in judgement.copies if copy.tenant == tenant)


def place_of(copy: Copy) -> Place:
    """Return where a judged copy goes; one that would be refused cannot be any more, and rests."""
    disposition = copy.decision.disposition.word
    places = {"deliver": Place.READY, "redirect": Place.READY, "delete": Place.DELETED}
    return places.get(disposition, Place.QUARANTINED)


def _message(
    submission: Submission, tenant: TenantId, direction: Direction, summary: Summary
) -> dict[str, Any]:
    policies = {(leg.tenant, leg.direction): leg.tls_policy for leg in submission.legs}
    return {
        "client": client_details(submission.client, policies.get((tenant, direction), "opportunistic")),
        "reverse_path": submission.envelope.reverse_path,
        "size": submission.content.size,
        "sha256": submission.content.sha256.hex(),
        "subject": summary.subject,
        "message_id": summary.message_id,
        "direction": direction.value,
        "notes": list(submission.notes),
    }


def _finding(found: Finding) -> dict[str, Any]:
    told: dict[str, Any] = {"symbol": found.symbol, "score": found.score, "evidence": found.evidence}
    if found.verdict is not None:
        told["class"] = found.verdict.value
    if found.recipient:
        told["recipient"] = found.recipient
    return told


def _copy(copy: Copy) -> dict[str, Any]:
    decision = copy.decision
    changed = [
        {
            "action": each.action,
            "part": each.place.value,
            "name": each.name,
            "before": each.before,
            "after": each.after,
        }
        for each in copy.differences
    ]
    return {
        **({"changed": changed} if changed else {}),
        "direction": copy.direction.value,
        "recipients": list(decision.recipients),
        "disposition": decision.disposition.word,
        "judged": (decision.judged or decision.disposition).word,
        "place": place_of(copy).value,
        "deliver_to": list(copy.deliver_to),
        "additional": copy.additional,
        "actions": [order.action for order in decision.orders],
        "settings": _settings(decision),
        "quarantine_reason": decision.quarantine_reason,
    }


def _settings(decision: Decision) -> list[dict[str, Any]]:
    return [
        {
            "rule": reason.rule,
            "setting": reason.setting,
            "symbols": list(reason.symbols),
            "disposition": reason.disposition.word,
        }
        for reason in decision.reasons
    ]

"""Builders of submissions and judgements: a test says only what it is about."""

from __future__ import annotations

import hashlib
from datetime import UTC, datetime
from typing import Any, Final

from lazaretto.core.content import ReceivedContent
from lazaretto.core.decision import Copy, Decision, Disposition, Judgement, Summary
from lazaretto.core.envelope import Client, Direction, Envelope, Leg, Recipient
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.identity import TenantId, new_message_id
from lazaretto.core.submission import Submission

TENANT: Final = TenantId(7)


def a_submission(
    *addresses: str,
    legs: tuple[Leg, ...] = (),
    octets: bytes = b"Subject: hello\r\n\r\nbody\r\n",
    content: ReceivedContent | None = None,
    reverse_path: str = "ann@sender.example",
    at: datetime | None = None,
) -> Submission:
    """Return a submission to ``addresses`` of one tenant, or with the given ``legs``."""
    recipients = tuple(Recipient(address=address) for address in addresses or ("bob@customer.example",))
    legs = legs or (Leg(tenant=TENANT, direction=Direction.INBOUND, recipients=recipients),)
    every = tuple(recipient for leg in legs for recipient in leg.recipients)
    return Submission(
        id=new_message_id(),
        received_at=at or datetime.now(tz=UTC),
        client=Client(ip="192.0.2.7", port=4242, helo="sender.example"),
        envelope=Envelope(reverse_path=reverse_path, recipients=every),
        legs=legs,
        content=content
        or ReceivedContent(size=len(octets), sha256=hashlib.sha256(octets).digest(), octets=octets),
        trace_header=b"Received: from sender.example by mx.example\r\n",
    )


def a_copy(submission: Submission, disposition: Disposition, *addresses: str, **more: Any) -> Copy:
    """Return a copy of ``submission`` for ``addresses`` (empty: all of the first leg)."""
    leg = submission.legs[0]
    recipients = addresses or tuple(recipient.address for recipient in leg.recipients)
    reason = more.pop("reason", "")
    decision = Decision(recipients=recipients, disposition=disposition, quarantine_reason=reason)
    return Copy(
        tenant=more.pop("tenant", leg.tenant),
        direction=more.pop("direction", leg.direction),
        decision=decision,
        **more,
    )


def a_judgement(*copies: Copy, verdict: Verdict = Verdict.CLEAN, **more: Any) -> Judgement:
    """Return a judgement that makes ``copies``."""
    return Judgement(
        verdict=verdict,
        score=1.5,
        findings=(Finding("SOME_SYMBOL", 1.5, "seen"),),
        copies=copies,
        summary=Summary(subject="hello", message_id="<1@sender.example>"),
        **more,
    )

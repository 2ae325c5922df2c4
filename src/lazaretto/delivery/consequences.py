"""What follows from an attempt: the settlement that is written.  Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from lazaretto.core.queued import ComposedMessage, Outcome, QueuedCopy, RecipientOutcome, Settlement
from lazaretto.core.reply import Reply
from lazaretto.delivery.bounce import Notice, compose
from lazaretto.delivery.retry import Schedule, next_attempt


@dataclass(frozen=True, slots=True, kw_only=True)
class Attempt:
    """What one attempt came to."""

    outcomes: tuple[RecipientOutcome, ...]
    """One for each recipient."""
    notifies: bool = False
    """The next hop sends the notifications that were asked for."""
    tls_unmet: bool = False
    """What defers it is a demand for TLS that no host met."""
    original: bytes = b""
    """What a notification returns of the message."""
    languages: tuple[str, ...] = ("en",)
    """In which a notification is written."""
    not_before: datetime | None = None
    """The destination is left alone until then."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """How long delivery goes on."""

    schedule: Schedule
    tls_give_up_after: timedelta
    hostname: str


def settlement_of(
    copy: QueuedCopy, attempt: Attempt, rules: Rules, *, now: datetime, jitter: float
) -> Settlement:
    """Return what is to be written about ``attempt``.

    Deferred recipients are tried again at ``next_at``, or have failed where there is no next time.
    """
    next_at = _next_at(copy, attempt, rules, now, jitter)
    outcomes = attempt.outcomes
    if next_at is None:
        outcomes = tuple(_given_up(outcome, attempt) for outcome in outcomes)
    is_deferred = any(outcome.outcome is Outcome.DEFERRED for outcome in outcomes)
    return Settlement(
        lease=copy.lease,
        at=now,
        outcomes=outcomes,
        next_at=next_at if is_deferred else None,
        composed=_notices(copy, outcomes, attempt, rules, now),
    )


def needs_original(copy: QueuedCopy, outcomes: tuple[RecipientOutcome, ...]) -> bool:
    """Tell whether a notification about ``outcomes`` may follow, at once or at the end of a deferral."""
    if not copy.reverse_path or not copy.return_path_trusted:
        return False
    asked = any("SUCCESS" in recipient.notify for recipient in copy.recipients)
    return asked or any(outcome.outcome is not Outcome.DELIVERED for outcome in outcomes)


def _next_at(
    copy: QueuedCopy, attempt: Attempt, rules: Rules, now: datetime, jitter: float
) -> datetime | None:
    if attempt.tls_unmet and now - copy.received_at >= rules.tls_give_up_after:
        return None
    next_at = next_attempt(
        rules.schedule, failures=copy.failures + 1, now=now, expires_at=copy.expires_at, jitter=jitter
    )
    if next_at is None or attempt.not_before is None:
        return next_at
    return min(max(next_at, attempt.not_before), copy.expires_at)


def _given_up(outcome: RecipientOutcome, attempt: Attempt) -> RecipientOutcome:
    if outcome.outcome is not Outcome.DEFERRED:
        return outcome
    if attempt.tls_unmet:
        reply = Reply(550, "5.7.10", f"encryption is demanded and was not possible ({outcome.reply})")
    else:
        reply = Reply(554, "5.4.7", f"delivery time expired ({outcome.reply})")
    return replace(outcome, outcome=Outcome.FAILED, reply=reply)


def _notices(
    copy: QueuedCopy, outcomes: tuple[RecipientOutcome, ...], attempt: Attempt, rules: Rules, now: datetime
) -> tuple[ComposedMessage, ...]:
    causes = {Notice.FAILED: [o for o in outcomes if o.outcome is Outcome.FAILED]}
    if not attempt.notifies:
        causes[Notice.RELAYED] = [o for o in outcomes if o.outcome is Outcome.DELIVERED]
    composed = (
        compose(
            notice,
            copy,
            caused,
            original=attempt.original,
            hostname=rules.hostname,
            now=now,
            languages=attempt.languages,
        )
        for notice, caused in causes.items()
        if caused
    )
    return tuple(message for message in composed if message is not None)

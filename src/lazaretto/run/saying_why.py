"""Why a judgement is as it is, in the same words wherever it is told: scan, trace and header."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any

from lazaretto.core.decision import Judgement
from lazaretto.core.identity import new_message_id
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.learned.model import shipped
from lazaretto.detect.telling import told
from lazaretto.policy.explanation import Explained, explanation
from lazaretto.spool.telling import scanned


def details_of(judgement: Judgement, snapshot: TenantSnapshot) -> Mapping[str, Any]:
    """Return what the trace would keep of ``judgement``."""
    at = datetime(1970, 1, 1, tzinfo=UTC)
    return scanned(judgement, judgement.copies, snapshot.tenant, new_message_id(), at).details


def reasons_of(details: Mapping[str, Any], snapshot: TenantSnapshot | None, language: str) -> tuple[str, ...]:
    """Return the lines that explain ``details``: findings in words, weights, what would have changed it."""
    return tuple(explanation(Explained(details=details, snapshot=snapshot), language, told))


def probability_of(score: float) -> float:
    """Return how probable it is that a message with this ``score`` is unwanted; see the model card."""
    return round(shipped().probability(score), 4)

"""Why a message fared as it did, for people: its look, and the configuration that applied to it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.telling import told as words_of
from lazaretto.journal.trace import TracedMessage
from lazaretto.policy.explanation import Explained, explanation
from lazaretto.policy.explanation_texts import sentence
from lazaretto.store import traffic
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.store.snapshots import snapshot_at


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """One message explained."""

    story: TracedMessage
    """As the scope may see it."""
    lines: tuple[str, ...]
    """Sentences; those that begin with two spaces belong to the one before."""
    version: int
    """Of the configuration that applied; 0 = it was not looked at."""


def explained(scope: Scope, identity: UUID, language: str) -> Told:
    """Return the explanation of one message.  Raises ``ScopeError`` when it is not there for the scope."""
    story, whole = traffic.message_and_whole(scope, identity)
    sees_content = scope.allows(Area.TRACE, Right.VIEW_CONTENT)
    looks = [event for event in whole.events if event["event"] == "scanned"]
    lines: list[str] = []
    version = 0
    for details in looks:
        version = int(details.get("version") or 0)
        about = Explained(details=_within(scope, story, details), snapshot=_snapshot(scope, version))
        lines += explanation(about, language, words_of, shows_evidence=sees_content)
    if not looks:
        lines.append(sentence(language, "not looked at", reply=story.reply or "?"))
    return Told(story=story, lines=tuple(lines), version=version)


def _snapshot(scope: Scope, version: int) -> TenantSnapshot | None:
    return snapshot_at(scope, version) if version else None


def _within(scope: Scope, story: TracedMessage, details: Mapping[str, Any]) -> Mapping[str, Any]:
    """Return ``details`` without copies for recipients that the scope does not reach."""
    if scope.domains.is_all or story.direction == "outbound":
        return details
    return {**details, "copies": traffic.reached_copies(scope, details.get("copies") or ())}

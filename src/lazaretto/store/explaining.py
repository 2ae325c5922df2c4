"""Why a message fared as it did, in words, for people who may trace it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from lazaretto.core.errors import ConfigurationError
from lazaretto.detect.telling import told
from lazaretto.journal.trace import TracedMessage
from lazaretto.policy.explanation import Explained, explanation
from lazaretto.policy.explanation_texts import sentence
from lazaretto.store import traffic
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.store.snapshots import snapshot_at

LANGUAGES: Final = ("en", "fr", "nl", "de")


@dataclass(frozen=True, slots=True, kw_only=True)
class WhySo:
    """One look at a message, in words and as values."""

    words: Sequence[str]
    details: Mapping[str, Any]


def explain(scope: Scope, identity: UUID, language: str = "en") -> Sequence[WhySo]:
    """Return the explanation of every look at a message.  Raises ``ScopeError`` when it is not there.

    What says what a message says is left out for those who may not see content.
    """
    scope.demand(Area.TRACE, Right.VIEW_STATISTICS)
    if language not in LANGUAGES:
        raise ConfigurationError(f"there is no language {language!r}; there are {', '.join(LANGUAGES)}")
    story, whole = traffic.message_and_whole(scope, identity)
    looks = [event for event in whole.events if event["event"] == "scanned"]
    if not looks:
        words = sentence(language, "not looked at", reply=story.reply or "?")
        return [WhySo(words=[words], details={})]
    shown = [event for event in story.events if event["event"] == "scanned"]
    return [
        WhySo(words=_words(scope, story, details, language), details=seen)
        for details, seen in zip(looks, shown, strict=True)
    ]


def _words(scope: Scope, story: TracedMessage, details: Mapping[str, Any], language: str) -> Sequence[str]:
    """Return the sentences: judged again with all that was found, told without what may not be seen."""
    version = int(details.get("version") or 0)
    if not scope.domains.is_all and story.direction != "outbound":
        details = {**details, "copies": traffic.reached_copies(scope, details.get("copies") or ())}
    about = Explained(details=details, snapshot=snapshot_at(scope, version) if version else None)
    sees_content = scope.allows(Area.TRACE, Right.VIEW_CONTENT)
    return list(explanation(about, language, told, shows_evidence=sees_content))

"""Why a message fared as it did, in words, for people who may trace it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from lazaretto.core.errors import ConfigurationError
from lazaretto.detect.telling import told
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
    story = traffic.message(scope, identity)
    looks = [event for event in story.events if event["event"] == "scanned"]
    if not looks:
        words = sentence(language, "not looked at", reply=story.reply or "?")
        return [WhySo(words=[words], details={})]
    return [_explained(scope, details, language) for details in looks]


def _explained(scope: Scope, details: Mapping[str, Any], language: str) -> WhySo:
    version = int(details.get("version") or 0)
    about = Explained(details=details, snapshot=snapshot_at(scope, version) if version else None)
    return WhySo(words=list(explanation(about, language, told)), details=details)

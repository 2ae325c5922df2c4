"""What an action is.

An action is a class with a card in a module of the catalogue; it registers by existing.  It is told
what it may know, and answers with what is to change; nothing changes by its own hand.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar, Protocol

from lazaretto.core.cards import Service
from lazaretto.core.decision import NoticeOrder, Splice
from lazaretto.core.envelope import Direction
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.mail.view import MessageView


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """Something that an order of an action must say."""

    name: str
    summary: str
    """What it is, for people, without a full stop."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ActionCard:
    """An action's own words."""

    name: str
    """What orders call it: ``tag-subject``."""
    summary: str
    """One sentence for people, without a full stop."""
    service: Service
    parameters: tuple[Parameter, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Occasion:
    """What an action may know: the message as received, and what was made of it."""

    view: MessageView | None
    """None when no scan worker survived the message: it can be sent on, but not changed."""
    verdict: Verdict
    score: float
    direction: Direction
    snapshot: TenantSnapshot
    findings: tuple[Finding, ...] = ()
    """Those that everybody may know of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """What one action wants changed; applied a second time it does no more than once."""

    splices: tuple[Splice, ...] = ()
    deliver_to: tuple[str, ...] = ()
    """Who gets the copy in place of its recipients."""
    copies_to: tuple[str, ...] = ()
    """Who gets one besides them."""
    notices: tuple[NoticeOrder, ...] = ()
    """Who is told; see ``core.decision.ALWAYS_CARRIED_OUT``."""


class Action(Protocol):
    """Works out the changes that one order asks for."""

    card: ClassVar[ActionCard]

    def change(self, parameters: Mapping[str, str], occasion: Occasion) -> Change:
        """Return what is to change; an order that makes no sense here changes nothing."""

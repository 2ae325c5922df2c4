"""What a detector is.

A detector is a class with a card in any module of a family package; it registers by existing.  It is
made once per worker and looks at every message, so it keeps nothing between two looks.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar, Protocol, Self, runtime_checkable

from lazaretto.core.cards import DetectorCard
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.settings import DetectSettings
from lazaretto.mail.view import MessageView


class Detector(Protocol):
    """Looks at one message and reports what it found."""

    card: ClassVar[DetectorCard]

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Return findings of the card's own symbols; empty means looked and found nothing.

        Uses CPU only, no network, file or clock; ``tenant`` is None where nobody's settings apply.
        """


@runtime_checkable
class Combiner(Protocol):
    """A detector that has the last word: it sees what the others found."""

    def combine(
        self,
        message: MessageView,
        facts: Facts,
        findings: Sequence[Finding],
        tenant: TenantSnapshot | None,
    ) -> Sequence[Finding]:
        """Return findings of the card's own symbols, given everything that was found before."""


@runtime_checkable
class Configurable(Protocol):
    """A detector class that an operator's settings reach."""

    @classmethod
    def configured(cls, settings: DetectSettings) -> Self:
        """Return a detector that works under ``settings``."""

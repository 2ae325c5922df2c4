"""What a section of a service is: settings of a document that carry a card and say what they mean.

A section is a class with a card in a module of ``tenants.services``.  Its key appears in every
document, its fields on the reference page, its settings at the levels that it allows; nothing else
has to be edited.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, ClassVar, Self

from lazaretto.core.cards import Option
from lazaretto.core.snapshot import Rule
from lazaretto.tenants.choices import Level
from lazaretto.tenants.sections import Section

if TYPE_CHECKING:
    from lazaretto.tenants.document import TenantDocument
    from lazaretto.tenants.questions.checked import Checked
    from lazaretto.tenants.remarks import Remark

Path = tuple[int | str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionCard:
    """A section's own words."""

    key: str
    """What documents call it."""
    summary: str
    """What it is about, for the reference page, with a full stop."""
    lowest: Level = Level.GLOBAL
    """The lowest level at which its settings may differ; a field may say less, see ``level_of``."""
    option: Option | None = None
    """What must be ordered for it; without it the section means nothing."""


class ServiceSection(Section):
    """Base of the sections; what a section does not say means nothing."""

    card: ClassVar[SectionCard]

    @classmethod
    def of(cls, document: TenantDocument) -> Self:
        """Return this section of ``document``."""
        section = getattr(document, cls.card.key)
        assert isinstance(section, cls)
        return section

    def rules(self, document: TenantDocument) -> Iterable[Rule | None]:
        """Return what policy shall know of it; ``document`` is the whole, at one level."""
        return ()

    def small_settings(self, document: TenantDocument) -> Mapping[str, str]:
        """Return what detectors, actions and the edge read from ``snapshot.options``, by dotted name."""
        return {}

    def disagreements(self, document: TenantDocument) -> Iterable[tuple[tuple[str, ...], str]]:
        """Return the place and the sentence of each setting that cannot work with the others."""
        return ()

    def remarks(self, checked: Checked) -> Iterable[Remark]:
        """Return the warnings of ``lazaretto tenant check``."""
        return ()

"""A text before the subject, so that people and their mail programs can sort by it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from lazaretto.actions.api import ActionCard, Change, Occasion, Parameter
from lazaretto.core.cards import Service
from lazaretto.mail.editing import prefix_subject


class TagSubject:
    """Puts a text before the subject, unless the subject begins with it already."""

    card: ClassVar = ActionCard(
        name="tag-subject",
        summary="Puts a text before the subject",
        service=Service.ANTISPAM,
        parameters=(Parameter(name="tag", summary="The text, with the space behind it"),),
    )

    def change(self, parameters: Mapping[str, str], occasion: Occasion) -> Change:
        """Return the splice of the subject; a message without one gets one."""
        if occasion.view is None:
            return Change()
        return Change(splices=prefix_subject(occasion.view, parameters.get("tag", "")))

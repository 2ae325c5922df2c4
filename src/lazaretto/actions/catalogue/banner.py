"""A text above the body, in the tenant's own words or ours."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from lazaretto.actions.api import ActionCard, Change, Occasion, Parameter
from lazaretto.actions.bodies_changed import text_added
from lazaretto.core.cards import Service
from lazaretto.mail.inserting import End


class Banner:
    """Puts a text above the body, unless it stands there already."""

    card: ClassVar = ActionCard(
        name="banner",
        summary="Puts a text above the body",
        service=Service.ANTISPAM,
        parameters=(
            Parameter(name="text", summary="The text"),
            Parameter(name="html", summary="The same as HTML; empty = made of the text"),
        ),
    )

    def change(self, parameters: Mapping[str, str], occasion: Occasion) -> Change:
        """Return the splices of every alternative of the body."""
        if occasion.view is None:
            return Change()
        text, html = parameters.get("text", ""), parameters.get("html", "")
        return Change(splices=tuple(text_added(occasion.view, text, html, End.TOP)))

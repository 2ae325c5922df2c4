"""A header field of ours, for rules at the tenant's own servers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from lazaretto.actions.api import ActionCard, Change, Occasion, Parameter
from lazaretto.actions.trace_fields import is_taken_out
from lazaretto.core.cards import Service
from lazaretto.core.envelope import Direction
from lazaretto.mail.editing import insert_field
from lazaretto.mail.view import MessageView


class AddHeader:
    """Adds a field, unless the message has one with that name and text already."""

    card: ClassVar = ActionCard(
        name="add-header",
        summary="Adds a header field",
        service=Service.ANTISPAM,
        parameters=(
            Parameter(name="name", summary="The field's name, which begins with X-"),
            Parameter(name="value", summary="Its text"),
        ),
    )

    def change(self, parameters: Mapping[str, str], occasion: Occasion) -> Change:
        """Return the splice that inserts the field at the top."""
        name, value = parameters.get("name", ""), parameters.get("value", "")
        view = occasion.view
        if view is None or not name or _has(view, occasion.direction, name.lower(), value.strip()):
            return Change()
        return Change(splices=insert_field(view, name, value))


def _has(view: MessageView, direction: Direction, name: str, value: str) -> bool:
    # Fields of ours that came with the message are taken out, so they do not count.
    if is_taken_out(name, direction):
        return False
    return any(field.decoded.strip() == value for field in view.all(name))

"""A notice to people: what happened to a message, and by which rule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from lazaretto.actions.api import ActionCard, Change, Occasion, Parameter
from lazaretto.core.cards import Service
from lazaretto.core.decision import NoticeOrder


class Notify:
    """Has a notice sent; who composes it decides whether that can be done without harm."""

    card: ClassVar = ActionCard(
        name="notify",
        summary="Sends a notice to administrators, the sender or the recipient",
        service=Service.DATA_PROTECTION,
        parameters=(
            Parameter(name="audience", summary="administrator, sender or recipient"),
            Parameter(name="rule", summary="The rule's name"),
        ),
    )

    def change(self, parameters: Mapping[str, str], occasion: Occasion) -> Change:
        """Return the order; nothing of the message is changed."""
        audience, rule = parameters.get("audience", ""), parameters.get("rule", "")
        return Change(notices=(NoticeOrder(audience=audience, rule=rule),)) if audience else Change()

"""A copy for somebody besides the recipients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from lazaretto.actions.api import ActionCard, Change, Occasion, Parameter
from lazaretto.core.cards import Service


class CopyTo:
    """Sends one more copy to an address; its recipients get theirs all the same."""

    card: ClassVar = ActionCard(
        name="copy-to",
        summary="Sends a copy to another address besides the recipients",
        service=Service.DATA_PROTECTION,
        parameters=(Parameter(name="address", summary="Who gets the copy"),),
    )

    def change(self, parameters: Mapping[str, str], occasion: Occasion) -> Change:
        """Return the address."""
        address = parameters.get("address", "")
        return Change(copies_to=(address,) if address else ())

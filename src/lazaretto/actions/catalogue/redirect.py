"""Delivery to somebody else in place of the recipients."""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from lazaretto.actions.api import ActionCard, Change, Occasion, Parameter
from lazaretto.core.cards import Service


class Redirect:
    """Delivers the copy to one address in place of its recipients."""

    card: ClassVar = ActionCard(
        name="redirect",
        summary="Delivers the message to another address in place of its recipients",
        service=Service.ANTISPAM,
        parameters=(Parameter(name="address", summary="Who gets it"),),
    )

    def change(self, parameters: Mapping[str, str], occasion: Occasion) -> Change:
        """Return the address; without one the copy goes to its recipients."""
        address = parameters.get("address", "")
        return Change(deliver_to=(address,) if address else ())

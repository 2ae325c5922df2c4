"""A line below the text that says that the message was looked at for malware.

It is written into the text that a reader sees, once in a thread, without touching anything else.
What is signed or encrypted as a whole is left alone: the line would break what the sender sealed.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import ClassVar, Final

from lazaretto.actions.api import ActionCard, Change, Occasion, Parameter
from lazaretto.actions.bodies_changed import text_added
from lazaretto.core.cards import Service
from lazaretto.mail.inserting import End

WORDS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "en": "This message was scanned for malware.",
        "fr": "Ce message a fait l'objet d'une recherche de logiciels malveillants.",
        "nl": "Dit bericht is gecontroleerd op schadelijke software.",
        "de": "Diese Nachricht wurde auf Schadsoftware untersucht.",
    }
)


class AddBanner:
    """Adds the line to the first plain text and the first HTML text; never twice."""

    card: ClassVar = ActionCard(
        name="add-banner",
        summary="Says below the text that the message was looked at for malware",
        service=Service.ANTIMALWARE,
        parameters=(Parameter(name="language", summary="Language of the words: en, fr, nl or de"),),
    )

    def change(self, parameters: Mapping[str, str], occasion: Occasion) -> Change:
        """Return the splices of every alternative of the body."""
        if occasion.view is None:
            return Change()
        words = WORDS.get(parameters.get("language", "en"), WORDS["en"])
        markup = f"<p><small>{words}</small></p>"
        return Change(splices=tuple(text_added(occasion.view, words, markup, End.BOTTOM)))

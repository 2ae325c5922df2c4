"""A text below the body: who wrote, who may read, what a company must say of itself."""

from __future__ import annotations

import html as html_text
import re
from collections.abc import Iterator, Mapping
from typing import ClassVar, Final

from lazaretto.actions.api import ActionCard, Change, Occasion, Parameter
from lazaretto.actions.bodies_changed import text_added
from lazaretto.core.address import domain_of
from lazaretto.core.cards import Service
from lazaretto.core.decision import Splice
from lazaretto.mail.attaching import part_added
from lazaretto.mail.inserting import End
from lazaretto.mail.view import MessageView

_VARIABLE: Final = re.compile(r"\{(tenant|domain|sender|sender_name)\}")
_IMAGE_ID: Final = "disclaimer@lazaretto.invalid"
LONGEST_NAME: Final = 100


class Disclaimer:
    """Puts a text below the body, once in a thread; what is signed or encrypted stays as it is."""

    card: ClassVar = ActionCard(
        name="disclaimer",
        summary="Puts a text below the body",
        service=Service.ANTISPAM,
        parameters=(
            Parameter(
                name="text", summary="The text; {tenant}, {domain}, {sender}, {sender_name} are filled in"
            ),
            Parameter(name="html", summary="The same as HTML; empty = made of the text"),
            Parameter(name="image", summary="A picture below HTML, as type;base64; empty = none"),
        ),
    )

    def change(self, parameters: Mapping[str, str], occasion: Occasion) -> Change:
        """Return the splices of every alternative of the body, and of the picture."""
        view = occasion.view
        if view is None:
            return Change()
        values = _values(view, occasion.snapshot.name)
        text = _filled(parameters.get("text", ""), values)
        safe = {name: html_text.escape(value) for name, value in values.items()}
        markup = _filled(parameters.get("html", ""), safe)
        return Change(splices=tuple(_splices(view, text, markup, parameters.get("image", ""))))


def _splices(view: MessageView, text: str, markup: str, image: str) -> Iterator[Splice]:
    added = None
    if image and markup:
        kind, _, octets = image.partition(";")
        fields = (
            ("Content-Type", kind),
            ("Content-Transfer-Encoding", "base64"),
            ("Content-ID", f"<{_IMAGE_ID}>"),
            ("Content-Disposition", "inline"),
        )
        added = part_added(view, fields, octets.encode("ascii", "ignore"))
    if added is not None:
        markup += f'<div><img src="cid:{_IMAGE_ID}" alt=""></div>'
    texts = tuple(text_added(view, text, markup, End.BOTTOM))
    yield from texts
    if texts and added is not None:
        yield added


def _values(view: MessageView, tenant: str) -> dict[str, str]:
    author = view.author
    address = str(author.address) if author is not None else ""
    name = author.display_name if author is not None else ""
    return {
        "tenant": tenant,
        "domain": domain_of(address),
        "sender": _shown(address),
        "sender_name": _shown(name or address),
    }


def _shown(text: str) -> str:
    # A stranger's words inside ours: one short line.
    return "".join(c if c.isprintable() else " " for c in text[:LONGEST_NAME]).strip()


def _filled(text: str, values: Mapping[str, str]) -> str:
    return _VARIABLE.sub(lambda match: values[match[1]], text)

"""A message as somebody may look at it before they trust it: nothing runs, nothing is fetched.

Of HTML only structure and words stay.  There is no address in it, neither to click on nor to load:
where links lead is told apart, by the host that they really lead to.  Whoever shows it puts it into a
frame of its own with ``PREVIEW_POLICY`` all the same: one mistake must not be enough.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import nh3

from lazaretto.mail.filetype import FileType
from lazaretto.mail.part import Part
from lazaretto.mail.transfer import Encoding
from lazaretto.mail.urls import Found, Url
from lazaretto.mail.view import MessageView

PREVIEW_POLICY: Final = "default-src 'none'; style-src 'self'; frame-ancestors 'self'; sandbox"
"""The Content-Security-Policy of the frame: no script, no form, no picture, no origin of its own."""
MOST_CHARACTERS: Final = 200_000
MOST_TAGS: Final = 4_000
"""The time of any HTML parser grows with the square of the nesting."""
MOST_LINKS: Final = 50
MOST_FILES: Final = 50

_KEPT: Final = (
    "a abbr address article aside b bdi bdo blockquote br caption center cite code col colgroup dd del dfn"
    " div dl dt em figcaption figure font footer h1 h2 h3 h4 h5 h6 header hr i img ins kbd li main mark nav"
    " ol p pre q s samp section small span strike strong sub summary sup table tbody td tfoot th thead tr"
    " tt u ul var wbr"
)
_SILENCED: Final = (
    "applet audio canvas embed frame frameset head iframe math noembed noframes noscript object script"
    " style svg template textarea title video xmp"
)
"""Tags that go with all that is in them."""
_ATTRIBUTES: Final = {
    "*": {"dir", "lang"},
    "img": {"alt"},
    "td": {"colspan", "rowspan", "align"},
    "th": {"colspan", "rowspan", "align"},
    "ol": {"start"},
}
_FETCHED: Final = frozenset({Found.IMAGE, Found.EMBEDDED})


@dataclass(frozen=True, slots=True)
class Lead:
    """Where links lead."""

    host: str
    shown: str
    """The words of the first of them; empty for one that stands in the text as it is."""


@dataclass(frozen=True, slots=True)
class AttachedFile:
    """A file of the message, which the preview does not show."""

    name: str
    size: int
    """Octets, about as many as would be saved."""
    kind: FileType
    """What it really is, whatever its name says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Preview:
    """What can be shown of a message."""

    html: str
    """Harmless HTML; empty where the message has plain text only."""
    text: str
    """Plain text, to be escaped by whoever shows it; empty where there is HTML."""
    leads: tuple[Lead, ...]
    files: tuple[AttachedFile, ...]
    pictures_left_out: int
    """Pictures and other things that reading the message would have fetched."""
    has_form: bool
    """The message asks to type something into it."""
    is_cut: bool
    """There is more than is shown."""


def preview_of(view: MessageView) -> Preview:
    """Return what can be shown of the message in ``view``: its HTML where it has some, else its text."""
    sources = _html_sources(view)
    html, is_cut = harmless("\n<hr>\n".join(sources)) if sources else ("", False)
    text = "" if html.strip() else "\n".join(view.texts)
    return Preview(
        html=html if not text else "",
        text=text[:MOST_CHARACTERS].replace("\0", ""),
        leads=tuple(_leads(view.urls)),
        files=tuple(_file(part) for part in view.attachments[:MOST_FILES]),
        pictures_left_out=sum(url.found in _FETCHED for url in view.urls),
        has_form=bool(view.html.forms),
        is_cut=is_cut or len(text) > MOST_CHARACTERS,
    )


def harmless(source: str) -> tuple[str, bool]:
    """Return HTML made of the words and structure of ``source``, and whether some was left out at the end.

    No tag of it carries an address, a style, an event or a name that a page could be hit by.
    """
    kept = source[:MOST_CHARACTERS].replace("\0", "")
    if kept.count("<") > MOST_TAGS:
        kept = "<".join(kept.split("<", MOST_TAGS)[:MOST_TAGS])
    clean = nh3.clean(
        kept,
        tags=set(_KEPT.split()),
        clean_content_tags=set(_SILENCED.split()),
        attributes={tag: set(names) for tag, names in _ATTRIBUTES.items()},
        url_schemes=set(),
        strip_comments=True,
        link_rel=None,
    )
    return clean, len(kept) < len(source.replace("\0", ""))


def _html_sources(view: MessageView) -> list[str]:
    parts = (part for part in view.leaves if part.content_type == "text/html")
    return [part.text(MOST_CHARACTERS) for part in parts if part.disposition != "attachment"][:20]


def _leads(urls: tuple[Url, ...]) -> Iterator[Lead]:
    seen: set[str] = set()
    for url in urls:
        leads = url.found not in _FETCHED and url.host and url.host not in seen
        if leads and len(seen) < MOST_LINKS:
            seen.add(url.host)
            yield Lead(url.host, " ".join(url.shown.split())[:120])


def _file(part: Part) -> AttachedFile:
    name = part.names[0] if part.names else ""
    size = part.length * 3 // 4 if part.encoding is Encoding.BASE64 else part.length
    return AttachedFile(name, size, part.real_type)

"""What banners and disclaimers have in common: a text into every alternative of the body, once."""

from __future__ import annotations

from collections.abc import Iterator

from lazaretto.core.decision import Splice
from lazaretto.mail.bodies import readable_bodies
from lazaretto.mail.html import html_view
from lazaretto.mail.inserting import End, as_html, folded_for_comparison, inserted
from lazaretto.mail.part import Part
from lazaretto.mail.view import MessageView


def text_added(view: MessageView, text: str, html: str, end: End) -> Iterator[Splice]:
    """Yield the splices that add ``text`` to plain bodies and ``html`` to HTML ones.

    A body that has the text already, be it in what it quotes, stays as it is.  Without ``html`` the
    plain text is shown in a paragraph of its own.
    """
    for part in readable_bodies(view):
        is_html = part.content_type == "text/html"
        shown = (html or _paragraph(text, end)) if is_html else _ruled(text, end)
        if _stands_in(part, text, html if is_html else "", shown):
            continue
        splice = inserted(part, shown, end, view.line_end)
        if splice is not None:
            yield splice


def _stands_in(part: Part, text: str, html: str, shown: str) -> bool:
    wanted = folded_for_comparison(_visible(html) if html else text)
    if not wanted:
        return True
    source = part.text()
    if part.content_type != "text/html":
        return wanted in folded_for_comparison(source)
    if wanted in folded_for_comparison(_visible(source)):
        return True
    # Behind a comment or a style that never ends nothing is visible, not even what we added.
    markup = shown.encode("ascii", "xmlcharrefreplace").decode("ascii")
    return folded_for_comparison(markup) in folded_for_comparison(source)


def _visible(source: str) -> str:
    """Return what a reader sees of HTML, hidden things included: what is there is there."""
    seen = html_view(source)
    return f"{seen.visible}\n{seen.hidden}"


def _ruled(text: str, end: End) -> str:
    return f"{text}\n" if end is End.TOP else f"\n-- \n{text}"


def _paragraph(text: str, end: End) -> str:
    border = "bottom" if end is End.TOP else "top"
    return (
        f'<div style="border-{border}:1px solid #999;margin:8px 0;padding:8px 0;font-size:small">'
        f"{as_html(text)}</div>"
    )

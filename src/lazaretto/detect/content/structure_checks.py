"""How a message is built: HTML that hides, pictures in place of words, files in place of pages."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import ClassVar

from lazaretto.core.cards import DetectorCard, Service
from lazaretto.core.facts import Facts
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.checks import answered, check, symbols_of
from lazaretto.detect.folding import mixed_words
from lazaretto.mail.part import Part
from lazaretto.mail.view import MessageView

FEW = 120
"""Letters of visible text that are hardly any."""
_SPLIT_WORD = re.compile("[A-Za-z][\u00ad\u034f\u061c\u180e\u200b-\u200f\u2060-\u2064\ufeff][A-Za-z]")
_ENTITY = re.compile(rb"&#x?[0-9a-f]{2,5};", re.I)
_TAG_IN_WORD = re.compile(rb"[a-z]{2}<(?:!--|/?(?:font|span|i|b)\b)[^>]{0,60}>[a-z]{2}", re.I)
_SMUGGLING = re.compile(
    rb"atob\s*\(|msSaveOrOpenBlob|createObjectURL|new\s+Blob\s*\(|unescape\s*\(|String\.fromCharCode"
    rb"|document\.write\s*\(|eval\s*\(|window\.location|http-equiv=.?refresh",
    re.I,
)
_PASSWORD_FIELD = re.compile(rb"type\s*=\s*[\"']?password", re.I)
_FORM = re.compile(rb"<form\b[^>]{0,400}\baction\s*=", re.I)
# For lower case, and with a literal in front each: that is what makes looking for them fast.
_TINY = re.compile(rb"font-size\s*:\s*[01](?:px|pt|em)?\s*[;\"']")
_WHITE_ON_WHITE = re.compile(
    rb"color(?<!-color)\s*:\s*(?:transparent|#fff(?:fff)?\b)[^>]{0,80}background(?:-color)?\s*:\s*#fff"
)
_PAGE = ("text/html", "application/xhtml+xml", "image/svg+xml")


def _html_only(message: MessageView, facts: Facts) -> str | None:
    return "" if message.html_parts and not message.texts else None


def _shown(message: MessageView) -> str:
    """Return what one reader sees: the HTML, or the plain text where there is none."""
    return (message.html.visible or "\n".join(message.texts)).strip()


def _pages(message: MessageView) -> list[Part]:
    return [part for part in message.attachments if _is_page(part)]


def _is_page(part: Part) -> bool:
    return part.content_type in _PAGE or any(
        name.lower().rstrip(". ").endswith((".htm", ".html", ".shtml", ".xhtml", ".svg"))
        for name in part.names
    )


def _page_attached(message: MessageView, facts: Facts) -> str | None:
    for part in _pages(message):
        if part.names:
            return part.names[0]
    return None


def _active_page(message: MessageView, facts: Facts) -> str | None:
    for part in _pages(message):
        head = part.decoded(1 << 20)
        if _SMUGGLING.search(head) or _PASSWORD_FIELD.search(head):
            return part.names[0] if part.names else part.path
    return None


def _hidden_text(message: MessageView, facts: Facts) -> str | None:
    hidden, visible = len(message.html.hidden), len(message.html.visible)
    # A newsletter hides a line of preview; more than that is for machines to read.
    return message.html.hidden.strip()[:80] if hidden > 600 and hidden > visible // 2 else None


def _split_words(message: MessageView, facts: Facts) -> str | None:
    if message.text.isascii():
        return None
    count = sum(1 for _ in _SPLIT_WORD.finditer(message.text[:50_000]))
    return f"{count} words" if count > 3 else None


def _mixed_words(message: MessageView, facts: Facts) -> str | None:
    words = mixed_words(message.text[:50_000])
    return " ".join(words[:5]) if len(words) > 1 else None


def _only_image(message: MessageView, facts: Facts) -> str | None:
    source = message.html_source
    if not source or b"<img" not in message.html_source_lower:
        return None
    return "" if len(_shown(message)) < FEW else None


def _entities(message: MessageView, facts: Facts) -> str | None:
    count = len(_ENTITY.findall(message.html_source[:60_000]))
    return f"{count} entities" if count > 60 and count * 12 > len(message.text) else None


def _tags_in_words(message: MessageView, facts: Facts) -> str | None:
    count = len(_TAG_IN_WORD.findall(message.html_source[:60_000]))
    return f"{count} words" if count > 8 else None


def _form(message: MessageView, facts: Facts) -> str | None:
    return "" if _FORM.search(message.html_source) else None


def _password_field(message: MessageView, facts: Facts) -> str | None:
    return "" if _PASSWORD_FIELD.search(message.html_source) else None


def _invisible_style(message: MessageView, facts: Facts) -> str | None:
    source = message.html_source_lower
    match = _TINY.search(source) or _WHITE_ON_WHITE.search(source)
    return match[0].decode("latin-1") if match else None


def _plain_in_base64(message: MessageView, facts: Facts) -> str | None:
    for part in message.parts:
        if (
            part.content_type in ("text/plain", "text/html")
            and part.transfer_encoding == "base64"
            and not part.is_attachment
        ):
            octets = part.decoded(20_000)
            if octets and octets.isascii():
                return part.path
    return None


def _short_with_link(message: MessageView, facts: Facts) -> str | None:
    text = _shown(message)
    if len(text) > FEW or not text or message.attachments:
        return None
    return text if message.urls else None


def _short_with_attachment(message: MessageView, facts: Facts) -> str | None:
    return "" if message.attachments and len(_shown(message)) < FEW else None


def _empty(message: MessageView, facts: Facts) -> str | None:
    return "" if not _shown(message) and not message.attachments else None


CHECKS = (
    check("HTML_ONLY", "Has HTML and no plain text beside it", _html_only),
    check("HTML_ATTACHED", "Carries a web page as a file", _page_attached),
    check("HTML_ATTACHED_ACTIVE", "Carries a web page that acts", _active_page, Verdict.PHISHING),
    check("HTML_HIDDEN_TEXT", "Hides much text from its readers", _hidden_text),
    check("HTML_INVISIBLE_STYLE", "Writes text that cannot be seen", _invisible_style),
    check("HTML_ENTITIES", "Writes plain letters as numbers", _entities),
    check("HTML_TAGS_IN_WORDS", "Breaks words with tags", _tags_in_words),
    check("HTML_FORM", "Holds a form", _form),
    check("HTML_PASSWORD_FIELD", "Holds a field for a password", _password_field, Verdict.PHISHING),
    check("IMAGE_ONLY", "Says everything in a picture", _only_image),
    check("TEXT_SPLIT_WORDS", "Breaks words with invisible characters", _split_words),
    check("TEXT_MIXED_SCRIPTS", "Mixes letters of two scripts in a word", _mixed_words),
    check("TEXT_NEEDLESS_BASE64", "Hides plain letters in base64", _plain_in_base64),
    check("TEXT_SHORT_WITH_LINK", "Is hardly more than a link", _short_with_link),
    check("TEXT_SHORT_WITH_FILE", "Is hardly more than a file", _short_with_attachment),
    check("TEXT_EMPTY", "Says nothing at all", _empty),
)  # fmt: skip


class StructureChecks:
    """Asks small questions about the body and its parts."""

    card: ClassVar = DetectorCard(
        name="content.structure",
        summary="Finds bodies that are built to hide what they say",
        service=Service.ANTISPAM,
        symbols=symbols_of(CHECKS),
    )

    def look(self, message: MessageView, facts: Facts, tenant: TenantSnapshot | None) -> Sequence[Finding]:
        """Report every question whose answer is yes."""
        return answered(CHECKS, message, facts)

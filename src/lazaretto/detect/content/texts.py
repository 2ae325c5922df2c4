"""The texts of a message that rules read, each within a bound."""

from __future__ import annotations

from lazaretto.detect.content.rules import Field
from lazaretto.detect.folding import folded
from lazaretto.mail.view import MessageView

HEAD, TAIL = 48_000, 12_000
"""Characters of a long text that are read from its beginning and its end."""
MAX_RAW = 256 << 10
MAX_URLS = 300


def texts_of(message: MessageView) -> dict[Field, bytes]:
    """Return the texts of ``message`` by field, encoded as UTF-8 where they are text."""
    subject = folded(message.subject[:2000])
    senders = [
        field.decoded[:1000] for name in ("from", "reply-to", "sender") for field in message.all(name)[:3]
    ]
    return {
        Field.SUBJECT: _encoded(subject),
        Field.SENDER: _encoded("\n".join(map(folded, senders))),
        Field.WORDS: _encoded(f"{subject} {folded(_bounded(message.text))}"),
        Field.HTML: message.html_source,
        Field.HEADER: message.header.raw[:MAX_RAW],
        Field.URLS: _encoded("\n".join(url.raw[:500] for url in message.urls[:MAX_URLS])),
        Field.NAMES: _encoded(
            "\n".join(folded(name[:255]) for part in message.attachments for name in part.names)
        ),
    }


def _bounded(text: str) -> str:
    return text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"


def _encoded(text: str) -> bytes:
    return text.encode("utf-8", "replace")

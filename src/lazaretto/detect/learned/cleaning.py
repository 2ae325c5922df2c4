"""Takes out of a text what tells where a message was collected instead of what it is.

List software adds footers, people quote one another, patches are source code.  A model that learns
from these learns to recognise a mailing list; on mail from elsewhere it would be wrong.
"""

from __future__ import annotations

import re

HEAD, TAIL = 5_000, 800
"""Characters of a long text that are read from its beginning and its end."""

# Where people stop writing: source code, a list's footer, a forwarded or quoted original.
_END = re.compile(
    r"^(?:diff --git |Index: \S|--- a/|@@ -\d|_{30,}\s*$|-{50,}\s*$|={50,}\s*$|-- ?\r?$"
    r"|-{2,} ?(?:Original Message|Forwarded message)|.{0,40}mailing list\s*$)",
    re.MULTILINE,
)
_LINES = re.compile(
    r"^[ \t]*(?:[>|].*|On .{5,150}wrote:\s*"
    r"|[A-Z][a-z]+(?:-[a-z]+){0,3}-by: .*"
    r"|(?:Cc|Fixes|Link|From|To|Sent|Subject|Date|Closes|Changes in v\d+): .*)$",
    re.MULTILINE,
)
# These two are tried only on texts that hold one of their words: most hold none.
_WROTE_WORDS = (" writes", " wrote", " schrieb", " a écrit", " schreef")
_WROTE = re.compile(r"^[ \t]*.{0,80} (?:writes|wrote|schrieb|a écrit|schreef) ?:\s*$", re.MULTILINE)
_LIST_WORDS = ("nsubscribe", "majordomo", "mailman", "listinfo", "sourceforge", "/lists/", "lists.")
_LIST = re.compile(
    r"^[ \t]*.{0,200}(?:[Uu]nsubscribe|majordomo|mailman|listinfo|sourceforge|/lists/|lists\.).{0,200}$",
    re.MULTILINE,
)
_URL = re.compile(r"(?:https?://|www\.)[^\s<>\"]{1,2000}", re.IGNORECASE)
_ADDRESS = re.compile(r"[\w.+=-]{1,64}@[\w.-]{1,255}")
_HEX = re.compile(r"\b[0-9A-Fa-f]{7,64}\b")
_DIGIT = re.compile(r"[0-9]")
_TAG = re.compile(r"^(?:\s*(?:\[[^\]]{0,60}\]|(?:re|fw|fwd|aw|wg|tr|sv|vs)\s*:))+", re.IGNORECASE)
_LEAST_OWN_WORDS = 40
"""Characters that a writer's own words have at least; before them no mark ends the text."""


def own_words(text: str) -> str:
    """Return what the sender wrote in ``text``, bounded; addresses, URLs and hashes as one word each."""
    kept = text if len(text) <= HEAD + TAIL else f"{text[:HEAD]}\n{text[-TAIL:]}"
    mark = _END.search(kept, _LEAST_OWN_WORDS)
    if mark is not None:
        kept = kept[: mark.start()]
    kept = _LINES.sub("", kept)
    if any(word in kept for word in _WROTE_WORDS):
        kept = _WROTE.sub("", kept)
    if any(word in kept for word in _LIST_WORDS):
        kept = _LIST.sub("", kept)
    if "/" in kept or "www." in kept:
        kept = _URL.sub(" urlx ", kept)
    if "@" in kept:
        kept = _ADDRESS.sub(" mailx ", kept)
    return _without_hashes(kept)


def _without_hashes(text: str) -> str:
    """Return ``text`` with one word in place of every hash; a word of the letters a to f is none."""
    if _DIGIT.search(text) is None:
        return text
    return _HEX.sub(lambda match: " hexx " if _DIGIT.search(match[0]) else match[0], text)


def own_subject(subject: str) -> str:
    """Return ``subject`` without the tags of lists and the marks of answers."""
    return _without_hashes(_ADDRESS.sub(" mailx ", _TAG.sub("", subject[:300])))

"""What of a message its writer made, where a mailing list passed it on.

List software adds a footer, links to itself and often its own address in place of the writer's ("Ann
via Users <users@lists.example>").  A model that sees these learns to recognise lists: their wanted mail
looks like nothing else, and unwanted mail that came through one is excused for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lazaretto.mail.mailboxes import Mailbox
from lazaretto.mail.part import Part
from lazaretto.mail.urls import Url
from lazaretto.mail.view import MessageView

_LIST_PATHS: Final = ("/listinfo", "/mailman", "/lists/", "/postorius", "/hyperkitty", "/majordomo")
_LIST_HOSTS: Final = ("lists.", "list.", "mailman.", "lore.", "groups.")
_MOST_OF_A_FOOTER: Final = 1_500
"""Octets; a longer part is a letter."""


def writer_of(message: MessageView) -> Mailbox | None:
    """Return the first author, or whom answers go to where a list stands in the author's place."""
    author = message.author
    if author is not None and " via " in author.display_name:
        answers = message.mailboxes("reply-to")
        if answers and answers[0].address.domain.lower() != author.address.domain.lower():
            return answers[0]
    return author


def own_urls(message: MessageView) -> Sequence[Url]:
    """Return the URLs of ``message`` without those that lead to a list."""
    return [url for url in message.urls if not _is_of_a_list(url)]


def own_parts(message: MessageView) -> Sequence[Part]:
    """Return the parts of ``message`` without a list's footer at the end."""
    parts = message.parts
    if len(parts) > 2 and parts[0].content_type == "multipart/mixed":
        last = parts[-1]
        if last.content_type == "text/plain" and not last.is_attachment and _is_footer(last):
            return parts[:-1]
    return parts


def _is_of_a_list(url: Url) -> bool:
    return url.host.startswith(_LIST_HOSTS) or any(path in url.rest for path in _LIST_PATHS)


def _is_footer(part: Part) -> bool:
    octets = part.decoded(_MOST_OF_A_FOOTER + 1)
    return len(octets) <= _MOST_OF_A_FOOTER and (b"____" in octets or b"mailing list" in octets)

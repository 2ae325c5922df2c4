"""What an answer about a message means to people, whoever gave it.

An answer has a code, an enhanced code (RFC 3463) and a text in whatever words its author found.  The
codes are what counts: they say which of some reasons it is, and ``reason_texts`` says that in words.
"""

from __future__ import annotations

import re
from enum import Enum
from typing import Final

from lazaretto.core.reply import Reply

GIVEN_UP: Final = Reply(554, "5.4.7", "given up by the operator before its time was over")
"""What is said of a message whose tries an operator ended."""
_REPLY: Final = re.compile(r"([2-5][0-9]{2})(?: ([245]\.[0-9]{1,3}\.[0-9]{1,3}))?(?: (.*))?", re.DOTALL)


class Reason(Enum):
    """Why a message is where it is."""

    UNKNOWN_ADDRESS = "unknown_address"
    UNKNOWN_DOMAIN = "unknown_domain"
    MAILBOX_CLOSED = "mailbox_closed"
    MAILBOX_FULL = "mailbox_full"
    TOO_BIG = "too_big"
    UNREACHABLE = "unreachable"
    LOOP = "loop"
    EXPIRED = "expired"
    GIVEN_UP = "given_up"
    NOT_CONVERTIBLE = "not_convertible"
    NOT_ENCRYPTED = "not_encrypted"
    AGAINST_RULES = "against_rules"
    REFUSED = "refused"
    NOT_NOW = "not_now"


_BY_DETAIL: Final = {
    "1.1": Reason.UNKNOWN_ADDRESS,
    "1.3": Reason.UNKNOWN_ADDRESS,
    "1.6": Reason.UNKNOWN_ADDRESS,
    "1.2": Reason.UNKNOWN_DOMAIN,
    "1.10": Reason.UNKNOWN_DOMAIN,
    "2.1": Reason.MAILBOX_CLOSED,
    "2.2": Reason.MAILBOX_FULL,
    "2.3": Reason.TOO_BIG,
    "3.4": Reason.TOO_BIG,
    "4.6": Reason.LOOP,
    "7.10": Reason.NOT_ENCRYPTED,
}
_LASTING_BY_SUBJECT: Final = {"6": Reason.NOT_CONVERTIBLE, "7": Reason.AGAINST_RULES}
_LASTING_BY_DETAIL: Final = {"4.4": Reason.UNKNOWN_DOMAIN, "4.7": Reason.EXPIRED}


def reason_of(reply: Reply) -> Reason:
    """Return what ``reply``, which is no good news, comes to."""
    if reply == GIVEN_UP:
        return Reason.GIVEN_UP
    _, _, detail = reply.enhanced.partition(".")
    if (known := _BY_DETAIL.get(detail)) is not None:
        return known
    subject = detail.partition(".")[0]
    if not reply.is_permanent:
        return Reason.UNREACHABLE if subject == "4" else Reason.NOT_NOW
    return _LASTING_BY_DETAIL.get(detail) or _LASTING_BY_SUBJECT.get(subject, Reason.REFUSED)


def read_reply(text: str) -> Reply:
    """Return the reply that is written as ``text``, as ``str`` of one is; a bare text is a 451."""
    found = _REPLY.fullmatch(text)
    if found is None:
        return Reply(451, "", text)
    return Reply(int(found[1]), found[2] or "", found[3] or "")

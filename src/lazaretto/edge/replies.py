"""What the edge says, in one place: strangers get general words, the trace gets the truth."""

from __future__ import annotations

from typing import Final

from lazaretto.core.reply import Reply

OK: Final = Reply(250, "2.0.0", "OK")
SENDER_OK: Final = Reply(250, "2.1.0", "sender OK")
RECIPIENT_OK: Final = Reply(250, "2.1.5", "recipient OK")
CANNOT_VERIFY: Final = Reply(252, "2.1.5", "cannot verify, will accept and try")
GO_AHEAD: Final = Reply(354, "", "end data with <CRLF>.<CRLF>")
BYE: Final = Reply(221, "2.0.0", "bye")
READY_FOR_TLS: Final = Reply(220, "2.0.0", "ready to start TLS")
HELP: Final = Reply(214, "2.0.0", "see RFC 5321")

CLOSING: Final = Reply(421, "4.3.2", "service is closing, try again later")
TOO_BUSY: Final = Reply(421, "4.3.2", "too many connections, try again later")
TOO_MANY_OF_YOURS: Final = Reply(421, "4.7.0", "too many connections from your address")
ABORTING_TOO_MUCH: Final = Reply(421, "4.7.0", "too many unfinished messages from your address")
TIMED_OUT: Final = Reply(421, "4.4.2", "time-out, closing connection")
TOO_MANY_ERRORS: Final = Reply(421, "4.7.0", "too many errors")
TOO_MUCH_JUNK: Final = Reply(421, "4.7.0", "too many commands without a message")
TOO_MANY_OVERSHOOTS: Final = Reply(421, "4.7.0", "too many recipients")
INTERNAL_FAULT: Final = Reply(421, "4.3.0", "internal fault, try again later")

TRY_LATER: Final = Reply(451, "4.3.0", "try again later")
NO_ROOM: Final = Reply(452, "4.3.1", "insufficient storage, try again later")
TOO_MANY_RECIPIENTS: Final = Reply(452, "4.5.3", "too many recipients")
SUSPENDED: Final = Reply(450, "4.2.1", "mailbox is not available now, try again later")
SENDING_TOO_MUCH: Final = Reply(450, "4.7.1", "sending too much, try again later")
TOO_MANY_SIMILAR: Final = Reply(451, "4.7.1", "too many similar messages, try again later")
COME_AGAIN: Final = Reply(451, "4.7.1", "try again in a few minutes")

LINE_TOO_LONG: Final = Reply(500, "5.5.2", "line too long")
BARE_LINE_FEED: Final = Reply(500, "5.5.2", "lines end in CR LF")
UNKNOWN_COMMAND: Final = Reply(500, "5.5.2", "command not recognised")
NO_ARGUMENT: Final = Reply(501, "5.5.4", "no argument is allowed")
NOT_OFFERED: Final = Reply(502, "5.5.1", "command not implemented")
BAD_ORDER: Final = Reply(503, "5.5.1", "bad sequence of commands")
GREET_FIRST: Final = Reply(503, "5.5.1", "say EHLO first")
MAIL_FIRST: Final = Reply(503, "5.5.1", "say MAIL first")
RCPT_FIRST: Final = Reply(503, "5.5.1", "no valid recipients")
NESTED_MAIL: Final = Reply(503, "5.5.1", "a transaction is open already")
PARAMETERS_NEED_EHLO: Final = Reply(555, "5.5.4", "parameters need EHLO")
TLS_UNAVAILABLE: Final = Reply(502, "5.5.1", "TLS is not available")
TLS_ALREADY: Final = Reply(554, "5.5.1", "TLS is active already")
OUT_OF_STEP: Final = Reply(554, "5.5.0", "SMTP protocol synchronization error")
NOT_SMTP: Final = Reply(554, "5.5.0", "this is SMTP")

RELAYING_DENIED: Final = Reply(550, "5.7.1", "relaying denied")
INVALID_RECIPIENT: Final = Reply(550, "5.1.1", "invalid recipient")
ENCRYPTION_NEEDED: Final = Reply(550, "5.7.10", "encryption needed")
SENDER_NOT_ALLOWED: Final = Reply(550, "5.7.1", "sender not allowed")
MESSAGE_TOO_BIG: Final = Reply(552, "5.3.4", "message too big")
HEADER_TOO_LARGE: Final = Reply(552, "5.3.4", "header too large")
NUL_IN_HEADER: Final = Reply(550, "5.6.0", "NUL in message header")
STRAY_LINE_ENDS: Final = Reply(550, "5.6.11", "lines of a message end in CR LF")
LOOP: Final = Reply(554, "5.4.6", "too many hops, this message is looping")


def queued(message_id: object) -> Reply:
    """Return the promise that a message is safe."""
    return Reply(250, "2.0.0", f"Queued as {message_id}")


def content_refused(words: str, reference: str, status: str = "", page: str = "") -> Reply:
    """Return the refusal of a message for what it is; ``reference`` lets its sender ask about it.

    ``page`` is where a reference leads, without it; empty = nowhere.
    """
    text = words or "message refused by the recipient's policy"
    return Reply(550, status or "5.7.1", f"{text}; reference {_link(reference, page)}" if reference else text)


def _link(reference: str, page: str) -> str:
    return f"{reference}, see {page}{reference}" if page else reference

"""How a conversation can fail before the message was handed over, and the words for why."""

from __future__ import annotations

import ssl

from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.reply import Reply


class ConversationFailed(TemporaryFailure):
    """The conversation ended before the message was handed over; nobody has it."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


class TlsNotOffered(ConversationFailed):
    """The host does not offer STARTTLS, or refuses it."""


class HandshakeFailed(ConversationFailed):
    """STARTTLS was accepted and then no TLS came about; or the certificate is not the host's."""


class HostUnreachable(ConversationFailed):
    """No address of the host takes connections; ``reply`` says how the last one refused."""


def in_words(problem: BaseException | None) -> str:
    """Return a few words of ours for ``problem``; nothing that the other side wrote."""
    match problem:
        case None:
            return "no address"
        case TimeoutError():
            return "timed out"
        case ConnectionRefusedError():
            return "connection refused"
        case ssl.SSLCertVerificationError():
            return problem.verify_message
        case ssl.SSLError():
            return problem.reason or "protocol error"
        case OSError():
            return problem.strerror or type(problem).__name__
        case _:
            return type(problem).__name__

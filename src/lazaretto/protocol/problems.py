"""What went wrong with a connection, in a few words of ours."""

from __future__ import annotations

import ssl


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

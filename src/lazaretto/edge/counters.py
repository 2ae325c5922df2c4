"""What one edge has done since it started; read by health pages and tests."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Counters:
    """Plain numbers that only grow, but for ``open_sessions``."""

    sessions: int = 0
    """Connections accepted for a dialogue."""
    open_sessions: int = 0
    messages: int = 0
    """Messages answered 250."""
    octets: int = 0
    """Octets of those messages."""
    unscanned: int = 0
    """Messages accepted without a look in time."""
    tls_sessions: int = 0
    harvests: int = 0
    """Clients that were noticed guessing addresses."""
    excesses: int = 0
    """Messages and recipients beyond a limit of what a tenant's senders may send."""
    notices: int = 0
    """Notices that were sent about oversize mail, and about senders that send too much."""
    refusals: Counter[str] = field(default_factory=Counter)
    """By reason, in the words of ``Refusal.reason``'s first part."""

    def refused(self, reason: str) -> None:
        """Count one refusal for ``reason``."""
        self.refusals[reason] += 1

"""How a session ends by our own will."""

from __future__ import annotations

from lazaretto.core.reply import Reply


class Hangup(Exception):
    """Say ``reply`` and close the connection; ``reason`` is what it is counted under."""

    def __init__(self, reply: Reply, reason: str, *, is_foul: bool = True) -> None:
        super().__init__(reason)
        self.reply = reply
        self.reason = reason
        self.is_foul = is_foul
        """The client did what only broken or hostile clients do; empty for time-outs and farewells."""

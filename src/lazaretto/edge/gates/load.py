"""How busy the edge is: connections per client and in all, reserved places, stress."""

from __future__ import annotations

from collections import Counter

from lazaretto.core.reply import Reply
from lazaretto.edge.replies import TOO_BUSY, TOO_MANY_OF_YOURS
from lazaretto.edge.settings import EdgeSettings


class Load:
    """Counts connections; who enters must leave."""

    def __init__(self, settings: EdgeSettings) -> None:
        self._settings = settings
        self._open = 0
        self._per_client: Counter[str] = Counter()
        self._unreserved = max(1, settings.max_connections - settings.reserved_connections)

    @property
    def is_stressed(self) -> bool:
        """Tell whether connections run short, so that patience must."""
        return self._open >= self._unreserved * self._settings.stress_share

    def enter(self, key: str, *, registered: bool) -> Reply | None:
        """Count a connection; return the reply with which it is refused, and then not counted."""
        places = self._settings.max_connections if registered else self._unreserved
        if self._open >= places:
            return TOO_BUSY
        if self._per_client[key] >= self._settings.max_connections_per_client:
            return TOO_MANY_OF_YOURS
        self._open += 1
        self._per_client[key] += 1
        return None

    def leave(self, key: str) -> None:
        """Count the end of a connection that entered."""
        self._open -= 1
        self._per_client[key] -= 1
        if not self._per_client[key]:
            del self._per_client[key]

    def patience(self, seconds: float) -> float:
        """Return how long to wait where ``seconds`` are allowed in quiet times."""
        return min(seconds, self._settings.stress_timeout) if self.is_stressed else seconds

    @property
    def allowed_errors(self) -> int:
        """How many errors close a session now."""
        return self._settings.stress_errors if self.is_stressed else self._settings.max_errors

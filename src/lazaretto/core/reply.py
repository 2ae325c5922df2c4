"""A reply of an SMTP server: code, enhanced code and text, never one string (RFC 5321 §4.2, 3463)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reply:
    """One reply, ours or a remote's; ``enhanced`` is empty where the dialogue has none."""

    code: int
    enhanced: str
    text: str

    @property
    def is_positive(self) -> bool:
        """Tell whether it was done (2xx) or may go on (3xx)."""
        return 200 <= self.code < 400

    @property
    def is_temporary(self) -> bool:
        """Tell whether the same again later may work (4xx)."""
        return 400 <= self.code < 500

    @property
    def is_permanent(self) -> bool:
        """Tell whether the same again will fail again (5xx)."""
        return self.code >= 500

    def __str__(self) -> str:
        return " ".join(filter(None, (str(self.code), self.enhanced, self.text)))

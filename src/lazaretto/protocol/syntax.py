"""How a grammar of ours says no: an error that carries the words for the other side."""

from __future__ import annotations

from lazaretto.core.errors import PermanentFailure
from lazaretto.core.reply import Reply


class BadSyntax(PermanentFailure):
    """A command that does not follow its grammar; ``reply`` is what its sender is told."""

    def __init__(self, code: int, enhanced: str, text: str) -> None:
        super().__init__(text)
        self.reply = Reply(code, enhanced, text)

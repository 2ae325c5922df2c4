"""Which recorded acts people look for."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What people know of acts that they look for; every part that is given must hold."""

    number: int | None = None
    act: str = ""
    """Its beginning: ``quarantine`` finds ``quarantine.release``."""
    actor: str = ""
    """Part of who ordered it, or on whose behalf, in any case."""
    about: str = ""
    """Part of what it was about, in any case."""
    since: datetime | None = None
    until: datetime | None = None
    oldest_first: bool = False

    def parameters(self) -> dict[str, Any]:
        """Return it as the query takes it; None stands for whatever."""
        return {
            "number": self.number,
            "act_begins": f"{_escaped(self.act)}%" if self.act else None,
            "who": f"%{_escaped(self.actor)}%" if self.actor else None,
            "about": f"%{_escaped(self.about)}%" if self.about else None,
            "since": self.since,
            "until": self.until,
            "oldest_first": self.oldest_first,
        }


def _escaped(part: str) -> str:
    return part.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")

"""Which rows of the queue an operator means."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from lazaretto.core.identity import TenantId
from lazaretto.core.queued import QueueKind


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What people know of copies in the queue; every part that is given must hold."""

    tenant: TenantId | None = None
    """Whose copies; None = everybody's, for operators."""
    ids: tuple[UUID, ...] = ()
    """Ids of messages: all copies of each."""
    domain: str = ""
    """Domain of a recipient or of the sender; lower case."""
    sender: str = ""
    """Reverse path; in any case, ``<>`` for the null one."""
    destination: str = ""
    """Domain whose hosts the copies are for; lower case."""
    reason: str = ""
    """Part of the last answer of a next hop, in any case."""
    held: bool | None = None
    """Those alone that are on hold, or that are not."""

    @property
    def is_everything(self) -> bool:
        """Tell whether nothing but the tenant is given."""
        return not (
            self.ids or self.domain or self.sender or self.destination or self.reason or self.held is not None
        )

    def parameters(self) -> dict[str, Any]:
        """Return it as the queries take it; None stands for whatever."""
        return {
            "tenant": self.tenant,
            "ids": list(self.ids) or None,
            "domain": self.domain or None,
            "sender": "" if self.sender == "<>" else self.sender.lower() or None,
            "destination": self.destination or None,
            "reason": self.reason.lower() or None,
            "held": self.held,
        }


def words(kinds: Sequence[QueueKind]) -> list[str]:
    """Return ``kinds`` as a query takes them."""
    return [kind.value for kind in kinds]

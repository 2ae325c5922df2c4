"""Who says what is demanded of the channel to a next hop; and is told what came of it."""

from __future__ import annotations

from typing import Protocol

from lazaretto.core.queued import QueuedCopy, Remote
from lazaretto.core.snapshot import NextHop
from lazaretto.delivery.tls_demand import ChannelDemand, demand_of_route


class TlsPolicy(Protocol):
    """Says what is demanded of the channel for a copy."""

    async def demand(self, copy: QueuedCopy, hop: NextHop) -> ChannelDemand:
        """Return the demand for ``copy`` at ``hop``, never milder than ``hop.tls``.

        Raises ``TlsUnmet`` where ``hop`` cannot meet it, whatever it offers.
        """

    def note(self, copy: QueuedCopy, demand: ChannelDemand, remote: Remote) -> None:
        """Take note of what became of a channel; ``remote.channel`` says it."""


class RouteTlsPolicy:
    """Demands what the route says and nothing more."""

    async def demand(self, copy: QueuedCopy, hop: NextHop) -> ChannelDemand:
        """Return what ``hop.tls`` means."""
        del copy
        return demand_of_route(hop.tls)

    def note(self, copy: QueuedCopy, demand: ChannelDemand, remote: Remote) -> None:
        """Forget it."""

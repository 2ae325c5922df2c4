"""What was delivered and is not known to be in the database, so that it is not delivered again.

A lease can change under a delivery: the database was away for longer than it lasts, or the answer to
a claim was lost with a connection.  The outcome then does not fit the lease any more, and the row
comes back as if nothing had happened.  It has; all that is due is the same outcome under the new lease.
"""

from __future__ import annotations

from collections import OrderedDict
from dataclasses import replace

from lazaretto.core.queued import Outcome, QueuedCopy, Settlement
from lazaretto.delivery.holding import Row, row_of

_MOST_REMEMBERED = 50_000


class Outstanding:
    """Settlements of deliveries, by row, until the database has taken them."""

    def __init__(self) -> None:
        self._due: dict[Row, Settlement] = {}
        self._lost: OrderedDict[Row, Settlement] = OrderedDict()
        """Their leases held no longer: settled before, or leased anew."""

    def note(self, settlement: Settlement) -> None:
        """Remember ``settlement``, which is to be written."""
        self._due[row_of(settlement.lease)] = settlement

    def written(self, settlement: Settlement) -> None:
        """Forget ``settlement``: the database has it."""
        self._end(settlement)

    def lost(self, settlement: Settlement) -> None:
        """Keep ``settlement`` for a while, in case that its row comes back under another lease."""
        self._end(settlement)
        row = row_of(settlement.lease)
        if row in self._due or not is_delivery(settlement):
            return
        self._lost[row] = settlement
        self._lost.move_to_end(row)
        if len(self._lost) > _MOST_REMEMBERED:
            self._lost.popitem(last=False)

    def renewed(self, copy: QueuedCopy) -> Settlement | None:
        """Return what is to be settled instead of delivering ``copy``; None where it is to be delivered."""
        row = row_of(copy.lease)
        known = self._due.get(row) or self._lost.get(row)
        if known is None or known.lease.attempt >= copy.lease.attempt:
            return None
        self._lost.pop(row, None)
        delivered = {each.number for each in known.outcomes if each.outcome is Outcome.DELIVERED}
        if delivered.isdisjoint(recipient.number for recipient in copy.recipients):
            # The database knows of them all the same; who is left waits for a new attempt.
            return None
        return replace(known, lease=copy.lease)

    def _end(self, settlement: Settlement) -> None:
        row = row_of(settlement.lease)
        known = self._due.get(row)
        if known is not None and known.lease == settlement.lease:
            del self._due[row]


def is_delivery(settlement: Settlement) -> bool:
    """Tell whether forgetting would repeat a delivery; a deferral that is forgotten is only tried again."""
    return any(outcome.outcome is Outcome.DELIVERED for outcome in settlement.outcomes)

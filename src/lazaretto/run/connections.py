"""How many connections to PostgreSQL the processes of a node may have, all at work at once.

Pools open what they need and keep it, so a node that is busy comes near these numbers and stays there.
Each node has as many; commands, and trials on past mail, have some more for as long as they run.
"""

from __future__ import annotations

from typing import Final

from lazaretto.run import deliver, jobs
from lazaretto.run.settings import Settings
from lazaretto.store import mailpath

FOR_A_COMMAND: Final = 4
"""A command of an operator, while it runs."""
_FOLLOWING: Final = 2
"""Each process with a spool room follows the tenants' documents, and what all tenants share."""


def most_connections(settings: Settings) -> dict[str, int]:
    """Return the most connections of each role of one node."""
    room = settings.spool.connections + _FOLLOWING
    return {
        "edge": room,
        "deliver": room + deliver.TRACE_CONNECTIONS,
        "jobs": room + jobs.own_connections(),
        "web": settings.web.processes * (mailpath.CONNECTIONS + settings.web.threads),
    }

"""How many connections to PostgreSQL the processes of a node may have, all at work at once.

Pools open what they need and keep it, so a node that is busy comes near these numbers and stays there.
Each node has as many; commands have some more for as long as they run.
"""

from __future__ import annotations

from typing import Final

from lazaretto.run.job_registry import jobs
from lazaretto.run.settings import Settings

FOR_A_COMMAND: Final = 4
"""A command of an operator, while it runs."""
_FOLLOWING: Final = 2
"""Each process that knows tenants follows their documents, and what all tenants share."""
_WEB_POOLS: Final = 3 * 4 + 2
"""The pages' pools: to each of the three databases, and for tenants' documents."""
_JOBS_POOLS: Final = 2 * 6 + 2 * 2
"""To ``trace`` and ``control``; for tenants' documents, in two jobs."""


def most_connections(settings: Settings) -> dict[str, int]:
    """Return the most connections of each role of one node."""
    spool = settings.spool.connections + _FOLLOWING
    return {
        "edge": spool,
        "deliver": spool + 1,
        # Each job that one node of all does holds a connection, or waits in one for its turn.
        "jobs": spool + _JOBS_POOLS + sum(job.card.alone for job in jobs()),
        "web": settings.web.workers * (_WEB_POOLS + settings.web.threads),
    }

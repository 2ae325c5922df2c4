"""Content that is not what was stored: set aside where people find it, and told as an error in the log.

The copy waits like any that cannot be delivered now, for a good copy of its content or for its end.
"""

from __future__ import annotations

import logging

from lazaretto.core.errors import LazarettoError
from lazaretto.core.queued import QueuedCopy
from lazaretto.delivery.seams import Contents

log = logging.getLogger(__name__)


async def isolate(contents: Contents, copy: QueuedCopy) -> None:
    """Set the content of ``copy`` aside, if it is damaged when it is read once more; never raises."""
    details = {"copy": str(copy.lease.message)}
    try:
        is_damaged = await contents.set_aside(copy.content)
    except LazarettoError as failure:
        log.warning("damaged content cannot be set aside", extra={**details, "problem": str(failure)})
        return
    if is_damaged:
        log.error("stored content is damaged", extra=details)

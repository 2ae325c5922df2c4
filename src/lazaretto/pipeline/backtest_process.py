"""The time machine in a process of its own, for those who have to go on answering meanwhile.

One JSON order comes in on standard input; a JSON line goes out after each day and at the end.  The
process can be killed at any moment: it reads the trace and changes nothing.
"""

from __future__ import annotations

import json
import os
import sys
from datetime import UTC, datetime, timedelta
from typing import Any, Final

import msgspec

from lazaretto.core.identity import TenantId
from lazaretto.pipeline.backtesting import Outcome, Span, backtest
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document

MODULE: Final = __name__ if __name__ != "__main__" else "lazaretto.pipeline.backtest_process"
_NICENESS: Final = 10


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """What shall be tried."""

    dsn: str
    """Of the trace; it comes by standard input because arguments are seen by everybody."""
    tenant: int
    before: str
    """Documents."""
    after: str
    days: int
    processes: int = 1


def main() -> None:
    """Carry out the order on standard input."""
    # Mail that waits at the door goes before the curiosity of administrators.
    os.nice(_NICENESS)
    order = msgspec.json.decode(sys.stdin.buffer.read(), type=Order)
    tenant = TenantId(order.tenant)
    before, after = (
        compile_snapshot(parse_document(text, "document"), tenant, 0) for text in (order.before, order.after)
    )
    now = datetime.now(UTC)

    def progress(done: int, days: int, outcome: Outcome) -> None:
        _say({"done": done, "days": days, "outcome": outcome.as_json()})

    span = Span(since=now - timedelta(days=order.days), until=now)
    outcome = backtest(order.dsn, before, after, span, processes=order.processes, progress=progress)
    _say({"outcome": outcome.as_json(), "finished": True})


def _say(what: dict[str, Any]) -> None:
    sys.stdout.write(json.dumps(what) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()

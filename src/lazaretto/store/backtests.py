"""What a change would have done: the time machine, run beside the pages, with its progress kept."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import threading
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from django.db import connection

from lazaretto.core.errors import ScopeError
from lazaretto.pipeline import backtest_process
from lazaretto.store import tenancy
from lazaretto.store.given import given
from lazaretto.store.rows.models import Backtest
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.store.sections import demand_change
from lazaretto.tenants.document import parse_document

LONGEST: Final = timedelta(minutes=10)
_FRESH: Final = timedelta(minutes=15)
"""How long the answer to the same question counts: mail goes on coming in."""
_GONE: Final = timedelta(minutes=2)
"""A run that says nothing for so long has lost its process."""
_KEPT: Final = timedelta(days=7)
_WAIT: Final = 20.0
_AT_A_TIME = threading.BoundedSemaphore(1)


def begin(scope: Scope, text: str, *, days: int = 30) -> Backtest:
    """Try the document in ``text`` on the mail of the last ``days``; return the run, which goes on alone.

    The same question, asked again within minutes, is answered by the run that is there.
    """
    found = tenancy.whole(scope)
    demand_change(scope, parse_document(found.text, scope.tenant_name), parse_document(text, "document"))
    Backtest.objects.filter(started_at__lt=datetime.now(UTC) - _KEPT).delete()
    there = known(scope, text, days=days)
    if there is not None and not there.problem and not is_lost(there):
        return there
    digest = _digest(found.text, text, days)
    run = Backtest.objects.create(owner=scope.who.name, tenant=scope.of_tenant, digest=digest, days=days)
    order = backtest_process.Order(
        dsn=given().trace, tenant=scope.of_tenant, before=found.text, after=text, days=days
    )
    threading.Thread(target=_carry_out, args=(run.id, order), daemon=True).start()
    return run


def known(scope: Scope, text: str, *, days: int = 30) -> Backtest | None:
    """Return the last run that tried the document in ``text`` against what is in force, if it is recent."""
    scope.demand(Area.TRACE, Right.VIEW_STATISTICS)
    scope.demand_all_domains()
    digest = _digest(tenancy.whole(scope).text, text, days)
    recent = datetime.now(UTC) - _FRESH
    found = Backtest.objects.filter(tenant=scope.of_tenant, digest=digest, started_at__gt=recent)
    return found.order_by("-started_at").first()


def backtest(scope: Scope, identity: UUID) -> Backtest:
    """Return one run of the scope's tenant.  Raises ``ScopeError`` when it is not there."""
    scope.demand(Area.TRACE, Right.VIEW_STATISTICS)
    scope.demand_all_domains()
    found = Backtest.objects.filter(id=identity, tenant=scope.of_tenant).first()
    if found is None:
        raise ScopeError("there is no such run")
    return found


def is_lost(run: Backtest) -> bool:
    """Tell whether nobody works on a run that has not ended."""
    return not run.finished and datetime.now(UTC) - run.updated_at > _GONE


def _digest(before: str, after: str, days: int) -> str:
    return hashlib.sha256(f"{days}\0{before}\0{after}".encode()).hexdigest()


def _carry_out(identity: UUID, order: backtest_process.Order) -> None:
    try:
        while not _AT_A_TIME.acquire(timeout=_WAIT):
            # Still in the queue, and not lost.
            _note(identity)
        try:
            for line in _lines(order):
                _note(identity, **line)
        finally:
            _AT_A_TIME.release()
    except Exception as failure:
        # Whatever became of it, the page that waits must be told.
        _note(identity, problem=f"{type(failure).__name__}: {failure}"[:500], finished=True)
    finally:
        connection.close()


def _lines(order: backtest_process.Order) -> Iterator[dict[str, Any]]:
    """Yield what the process says of its progress; it ends with the time that it is given."""
    process = subprocess.Popen(  # noqa: S603 - our own module, no argument from outside
        [sys.executable, "-m", backtest_process.MODULE], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdin is not None and process.stdout is not None
    timer = threading.Timer(LONGEST.total_seconds(), process.kill)
    timer.start()
    try:
        process.stdin.write(msgspec.json.encode(order))
        process.stdin.close()
        is_finished = False
        for line in process.stdout:
            said = msgspec.json.decode(line)
            is_finished = bool(said.get("finished"))
            progress = {"done": said["done"]} if "done" in said else {}
            yield {"outcome": said["outcome"], "finished": is_finished, **progress}
        if not is_finished:
            yield {"problem": "the time machine ended before it was through", "finished": True}
    finally:
        timer.cancel()
        process.kill()
        process.wait()
        process.stdout.close()


def _note(identity: UUID, **columns: Any) -> None:
    Backtest.objects.filter(id=identity).update(updated_at=datetime.now(UTC), **columns)

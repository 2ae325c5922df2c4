"""What is wrong with looking, for operators."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from lazaretto.intelligence.machine_troubles import Machine
from lazaretto.store.mailpath import mail_path
from lazaretto.store.scope import Area, Right, Scope


def machines(scope: Scope, now: datetime) -> Sequence[Machine]:
    """Return every machine of the platform with what is wrong there."""
    scope.demand(Area.TENANTS, Right.VIEW_CONFIGURATION)
    path = mail_path()
    return path.wait(path.troubles.machines(now))

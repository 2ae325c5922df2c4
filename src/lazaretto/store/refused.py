"""Refused mail: what its sender may know, and what the tenant's people decide when the sender asks.

What a reference shows to everybody who has it names no person, no address and no tenant: the day, and
the kind of reason.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Final

from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.core.findings import Verdict
from lazaretto.journal.pleas import Decision, Plea, RefusedMessage
from lazaretto.journal.trace import TracedMessage
from lazaretto.store import traffic
from lazaretto.store.auditing import ordered
from lazaretto.store.mailpath import mail_path
from lazaretto.store.scope import Area, Right, Scope
from lazaretto.store.sender_entries import SenderList, Wish, grant
from lazaretto.tenants.reviewing import Proposal
from lazaretto.tenants.store import Applied

APPROVED_FOR: Final = timedelta(days=7)
_REFERENCE: Final = re.compile(r"[2-9A-HJ-NP-Z]{8}")
_NEVER: Final = frozenset({Verdict.MALWARE.value, Verdict.PHISHING.value, Verdict.UNSCANNABLE.value})
"""What an approval would not let in: asking could only disappoint."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Told:
    """What a reference tells whoever has it."""

    reference: str
    day: date
    verdict: str
    """The kind of reason: a verdict's word."""
    may_ask: bool


def told(reference: str) -> Told | None:
    """Return what ``reference`` tells; None when it is none, or no longer kept."""
    found = _found(reference)
    if not found:
        return None
    verdict = next((each.verdict for each in found if each.verdict), Verdict.CLEAN.value)
    return Told(
        reference=_plain(reference),
        day=found[0].at.astimezone(UTC).date(),
        verdict=verdict,
        may_ask=verdict not in _NEVER and any(each.sender for each in found),
    )


def ask(reference: str) -> bool:
    """Ask the tenants whose mail it was to let the sender in; return whether that can be asked."""
    page = told(reference)
    if page is None or not page.may_ask:
        return False
    path = mail_path()
    for refused in _found(reference):
        path.wait(path.pleas.add(refused, page.reference, datetime.now(UTC)))
    return True


def pleas(scope: Scope, *, limit: int = 100) -> Sequence[Plea]:
    """Return what refused senders asked of the tenant, what waits for a decision first."""
    scope.demand(Area.LISTS, Right.VIEW_CONFIGURATION)
    scope.demand_all_domains()
    path = mail_path()
    return path.wait(path.pleas.list(scope.of_tenant, limit=limit))


def plea(scope: Scope, number: int) -> Plea:
    """Return one request of a refused sender.  Raises ``ScopeError`` when it is not there."""
    scope.demand(Area.LISTS, Right.VIEW_CONFIGURATION)
    scope.demand_all_domains()
    path = mail_path()
    found = path.wait(path.pleas.get(scope.of_tenant, number))
    if found is None:
        raise ScopeError("there is no such request")
    return found


def messages_with(scope: Scope, reference: str) -> list[TracedMessage]:
    """Return the scope's messages that were refused with ``reference``."""
    scope.demand(Area.TRACE, Right.VIEW_STATISTICS)
    found = []
    for refused in _found(reference):
        if refused.tenant == scope.of_tenant:
            with suppress(ScopeError):
                found.append(traffic.message(scope, refused.message))
    return found


def decide(scope: Scope, number: int, decision: Decision) -> Plea:
    """Let the sender in for a week, or not; where changes need a second person, letting in is proposed.

    Raises ``ScopeError`` when it is not there.
    """
    scope.demand(Area.LISTS, Right.EDIT)
    found = plea(scope, number)
    if found.decision is not None:
        raise ConfigurationError(f"this was {found.decision} by {found.decided_by} before")
    if found.proposal is not None:
        raise ConfigurationError(
            f"letting this sender in waits for a second person: decide about proposal {found.proposal}"
        )
    path = mail_path()
    with ordered(scope, f"plea.{decision.value}", found.sender, after={"reference": found.reference}):
        done = _let_in(scope, found) if decision is Decision.GRANTED else None
        if isinstance(done, Proposal):
            path.wait(path.pleas.wait_for(found, done.id))
        else:
            path.wait(path.pleas.decide(found, decision, scope.who.name, datetime.now(UTC)))
    return plea(scope, number)


def _let_in(scope: Scope, plea: Plea) -> Applied | Proposal:
    wish = Wish(
        list=SenderList.APPROVED,
        entry=plea.sender,
        reason=f"asked with reference {plea.reference}",
        expires=datetime.now(UTC).date() + APPROVED_FOR,
    )
    return grant(scope, wish)


def _found(reference: str) -> Sequence[RefusedMessage]:
    plain = _plain(reference)
    if not _REFERENCE.fullmatch(plain):
        return ()
    path = mail_path()
    return path.wait(path.refused_mail.find(plain))


def _plain(reference: str) -> str:
    return reference.strip().upper()

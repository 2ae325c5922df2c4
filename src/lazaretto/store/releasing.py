"""Releases of malware for people: one asks, it is looked at again, another approves or denies.

Who may release may ask; who approves is another person, unless the tenant's document says
``four_eyes: off``.  End users have no part in it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum
from uuid import UUID

from lazaretto.core.address import domain_of
from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.core.malware_handling import MalwareHandling
from lazaretto.spool.quarantine import GUARDED, QuarantinedCopy
from lazaretto.spool.release_targets import reached_by, target_of
from lazaretto.spool.releasing import LOOKING, WAITING, ReleaseRequest
from lazaretto.store.auditing import ordered
from lazaretto.store.mailpath import mail_path
from lazaretto.store.scope import Area, Forbidden, Right, Scope
from lazaretto.store.snapshots import snapshot_in_force


class Judgment(Enum):
    """What an approver says."""

    APPROVE = "approve"
    DENY = "deny"


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """A request with the copy that it is about, as lists show it."""

    request: ReleaseRequest
    copy: QuarantinedCopy | None
    """None when nothing is kept of it any more."""
    may_decide: bool
    """Whether who asks is the other pair of eyes."""

    @property
    def reached(self) -> tuple[str, ...]:
        """To whom an approval sends it; empty when nothing is kept of it any more."""
        return reached_by(self.request.target, self.copy.recipients) if self.copy is not None else ()

    @property
    def is_open(self) -> bool:
        """Tell whether it can still be decided."""
        return self.request.state in (LOOKING, WAITING)


def requests(scope: Scope, *, only_open: bool = True, limit: int = 200) -> list[Requested]:
    """Return the tenant's requests that the scope reaches, newest first."""
    scope.demand(Area.QUARANTINE, Right.VIEW_STATISTICS)
    path = mail_path()
    states = [LOOKING, WAITING] if only_open else None
    found = path.wait(path.releases.list(tenant=scope.of_tenant, states=states, limit=limit))
    return _with_copies(scope, found)


def request(scope: Scope, number: UUID) -> Requested:
    """Return one request.  Raises ``ScopeError`` when it is not there for the scope."""
    scope.demand(Area.QUARANTINE, Right.VIEW_STATISTICS)
    path = mail_path()
    found = path.wait(path.releases.list(tenant=scope.of_tenant, ids=[number]))
    for each in _with_copies(scope, [one for one in found if one.id == number]):
        return each
    raise ScopeError("there is no such request")


def ask(scope: Scope, ids: Sequence[UUID], *, to: str, reason: str) -> list[Requested]:
    """Ask for the release of those of ``ids`` that are malware; return their open requests.

    Raises ``AlreadyAsked``, and asks for none of them, where another request is open for one.
    """
    scope.demand(Area.QUARANTINE, Right.RELEASE)
    if not reason.strip():
        raise ConfigurationError("say why it shall be released; the other administrator reads it")
    path = mail_path()
    snapshot = snapshot_in_force(scope)
    target = target_of(to, snapshot)
    copies = path.wait(path.quarantine.list(tenant=scope.of_tenant, copies=ids, limit=len(ids)))
    meant = [
        each
        for each in copies
        if _is_within(scope, each) and each.reason in GUARDED and each.ended_as is None
    ]
    alone = MalwareHandling.of(snapshot.options).four_eyes is False
    named = " ".join(str(each.id) for each in meant)
    with ordered(scope, "quarantine.request", named, after={"to": target, "reason": reason}):
        path.wait(
            path.releases.ask(
                meant, by=scope.who.person, target=target, reason=reason.strip(), alone=lambda _: alone
            )
        )
    wanted = [each.id for each in meant]
    found = path.wait(path.releases.list(tenant=scope.of_tenant, ids=wanted)) if wanted else []
    return [each for each in _with_copies(scope, found) if each.is_open]


def decide(scope: Scope, number: UUID, judgment: Judgment, *, reason: str = "") -> Requested:
    """Approve or deny a request; decided already, it stays as it is.

    Raises ``Forbidden`` for the one who asked, and ``ConfigurationError`` while it is looked at again.
    """
    scope.demand(Area.QUARANTINE, Right.RELEASE)
    found = request(scope, number)
    if found.request.state == LOOKING:
        raise ConfigurationError("it is being looked at again; try again in a moment")
    if judgment is Judgment.APPROVE and not _is_other(scope, found.request):
        raise Forbidden("another person than the one who asked must approve this")
    path = mail_path()
    act = f"quarantine.{judgment.value}"
    with ordered(scope, act, str(number), after={"copy": str(found.request.quarantine), "reason": reason}):
        if judgment is Judgment.APPROVE:
            path.wait(path.releases.approve(found.request, by=scope.who.person, reason=reason))
        else:
            path.wait(path.releases.deny(found.request, by=scope.who.person, reason=reason))
    return request(scope, number)


def _with_copies(scope: Scope, found: Sequence[ReleaseRequest]) -> list[Requested]:
    path = mail_path()
    wanted = [each.quarantine for each in found]
    if not wanted:
        return []
    listed = path.wait(path.quarantine.list(tenant=scope.of_tenant, copies=wanted, limit=len(wanted)))
    copies = {each.id: each for each in listed}
    shown = []
    for each in found:
        copy = copies.get(each.quarantine)
        # Of what is gone nobody can tell any more whose it was.
        if _is_within(scope, copy) if copy is not None else scope.domains.is_all:
            may = scope.allows(Area.QUARANTINE, Right.RELEASE) and _is_other(scope, each)
            shown.append(Requested(request=each, copy=copy, may_decide=may))
    return shown


def _is_other(scope: Scope, found: ReleaseRequest) -> bool:
    return found.alone or found.requested_by.lower() != scope.who.person


def _is_within(scope: Scope, copy: QuarantinedCopy) -> bool:
    return all(scope.domains.reach(domain_of(address)) for address in copy.recipients)

"""An end user's own quarantine: what rests for their addresses, and what they may do about it.

Rights hang on the mailbox and on the reason for which a copy was caught; every act asks for its right
once more, whatever a page has shown.  A copy that others got as well leaves for the user's own
addresses only.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import IntEnum
from functools import lru_cache
from typing import Final
from uuid import UUID, uuid4

from lazaretto.core.address import fold
from lazaretto.core.end_users import CERTAIN_PHISHING, EndUserRight
from lazaretto.core.errors import ScopeError
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.detect.telling import told as words_of
from lazaretto.intelligence.report_cases import CaseState, ReportCase
from lazaretto.journal.search import Search
from lazaretto.mail.preview import Preview, preview_of
from lazaretto.mail.scanner import view_of
from lazaretto.spool.leaving import TO_RECIPIENTS
from lazaretto.spool.quarantine import QuarantinedCopy
from lazaretto.spool.releasing import DENIED, LOOKING, WAITING, AlreadyAsked
from lazaretto.store.auditing import ordered
from lazaretto.store.mailpath import mail_path
from lazaretto.store.people.endusers import EndUser
from lazaretto.store.scope import Forbidden, Scope
from lazaretto.tenants.mailboxes import Reading

MOST_READ: Final = 4 << 20
"""Octets of a message that a preview is made of."""
_HEADER: Final = 64 << 10
MOST_REASONS: Final = 6
MOST_LISTED: Final = 500
_OF_METHODS: Final = frozenset({"LEARNED_TOGETHER", "SCANNER_FAILED", "COULD_NOT_LOOK"})
"""Findings that speak of how we work and not of the message."""


class Risk(IntEnum):
    """How much harm a copy could do, as the reason for which it was caught says."""

    LOW = 1
    RAISED = 2
    HIGH = 3


_RISKS: Final[Mapping[str, Risk]] = {
    "malware": Risk.HIGH,
    "suspected": Risk.HIGH,
    CERTAIN_PHISHING: Risk.HIGH,
    "phishing": Risk.HIGH,
    "impersonation": Risk.RAISED,
    "unscannable": Risk.RAISED,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnMailbox:
    """A mailbox whose quarantine somebody reads."""

    address: str
    also: frozenset[str]
    """Every folded address whose mail is in it: itself and its aliases."""
    reading: Reading | None
    """Why they read it; None = it is their own."""


@dataclass(frozen=True, slots=True, kw_only=True)
class OwnCopy:
    """A copy at rest, as the one for whom it rests may see it."""

    id: UUID
    message: UUID
    mailbox: str
    addresses: tuple[str, ...]
    """Those of the user's that it was sent to."""
    sender: str
    """The envelope's; empty = the null sender."""
    author: str
    """The From field's address; empty where there is none that can be read."""
    author_name: str
    subject: str
    reason: str
    risk: Risk
    size: int
    received_at: datetime
    expires_at: datetime
    rights: frozenset[EndUserRight]
    request: str
    """The state of the request for its release; empty = nobody asked."""

    def may(self, right: EndUserRight) -> bool:
        """Tell whether the user has ``right``."""
        return right in self.rights


def mailboxes(user: EndUser) -> list[OwnMailbox]:
    """Return the mailboxes that ``user`` reads, their own first."""
    snapshot = _snapshot(user)
    path = mail_path()
    found = [_mailbox(snapshot, user.address, None)]
    for access in path.wait(path.mailboxes.read_by(user.tenant, user.address)):
        known = {address for each in found for address in each.also}
        if access.confirmed_at is not None and access.mailbox not in known:
            found.append(_mailbox(snapshot, access.mailbox, access.kind))
    return found


def copies(
    user: EndUser, *, mailbox: str = "", words: str = "", after: UUID | None = None, limit: int = 25
) -> list[OwnCopy]:
    """Return what rests for ``user``, newest first, beginning after the copy ``after``.

    With ``mailbox`` only what rests in that one, with ``words`` only what has them in sender or subject.
    """
    own = [each for each in mailboxes(user) if mailbox in ("", each.address)]
    addresses = {address for each in own for address in each.also}
    path = mail_path()
    wanted = limit if not words else MOST_LISTED
    found: list[OwnCopy] = []
    while len(found) < limit:
        rows = path.wait(
            path.quarantine.list(tenant=user.tenant, recipients=addresses, after=after, limit=wanted)
        )
        found += [each for each in _seen(user, own, rows) if _has(each, words)]
        if len(rows) < wanted or words:
            break
        after = rows[-1].id
    return found[:limit]


def copy(user: EndUser, identity: UUID) -> OwnCopy:
    """Return one copy that rests for ``user``.  Raises ``ScopeError`` when it is not there."""
    return _several(user, [identity])[0]


def preview(user: EndUser, identity: UUID) -> tuple[OwnCopy, Preview]:
    """Return a copy with what can be shown of it."""
    found = copy(user, identity)
    _demand(found, EndUserRight.PREVIEW)
    path = mail_path()
    octets = path.wait(path.beginning_of(user.tenant, found.message, MOST_READ))
    if octets is None:
        raise ScopeError("there is no such message any more")
    return found, preview_of(view_of(octets))


def reasons(user: EndUser, identity: UUID, language: str) -> list[str]:
    """Return in words why a copy was caught, the weightiest first."""
    found = copy(user, identity)
    if not found.may(EndUserRight.SEE_WHY):
        return []
    path = mail_path()
    search = Search(tenant=user.tenant, id=MessageId(found.message), limit=1)
    stories = path.wait(path.trace.find(search))
    findings = stories[0].findings if stories else ()
    worst = sorted(findings, key=lambda each: -(each.get("score") or 0.0))
    told = [
        words_of(str(each["symbol"]), language)
        for each in worst
        if (each.get("score") or 0.0) > 0 and each["symbol"] not in _OF_METHODS
    ]
    return list(dict.fromkeys(told))[:MOST_REASONS]


def release(user: EndUser, ids: Sequence[UUID]) -> int:
    """Send copies on to the user's own addresses; return how many went."""
    own = _several(user, ids)
    for each in own:
        _demand(each, EndUserRight.RELEASE)
    path = mail_path()
    with ordered(_scope(user), "quarantine.release", _named(own)):
        left = path.wait(
            path.quarantine.release(
                [each.id for each in own], tenant=user.tenant, by=user.who.name, only=_addresses(own)
            )
        )
    return sum(how == "released" for how in left.values())


def request_release(user: EndUser, ids: Sequence[UUID], reason: str) -> int:
    """Ask administrators for copies; return for how many nobody had asked before."""
    own = _several(user, ids)
    for each in own:
        _demand(each, EndUserRight.REQUEST_RELEASE)
    path = mail_path()
    rows = path.wait(path.quarantine.list(tenant=user.tenant, copies=[each.id for each in own]))
    with ordered(_scope(user), "quarantine.request", _named(own), after={"reason": reason}):
        return sum(_ask(user, row, reason[:500]) for row in rows)


def _ask(user: EndUser, row: QuarantinedCopy, reason: str) -> int:
    """Ask for one copy; return how many requests that made: whoever was first is decided about."""
    path = mail_path()
    wish = path.releases.ask(
        [row], by=user.address, target=TO_RECIPIENTS, reason=reason, alone=lambda _: False
    )
    try:
        return len(path.wait(wish))
    except AlreadyAsked:
        return 0


def delete(user: EndUser, ids: Sequence[UUID]) -> int:
    """End copies for the user's own addresses; return how many went."""
    own = _several(user, ids)
    for each in own:
        _demand(each, EndUserRight.DELETE)
    path = mail_path()
    with ordered(_scope(user), "quarantine.delete", _named(own)):
        left = path.wait(
            path.quarantine.delete(
                [each.id for each in own], tenant=user.tenant, by=user.who.name, only=_addresses(own)
            )
        )
    return len(left)


def report_wanted(user: EndUser, identity: UUID) -> ReportCase:
    """Say that a copy is not spam; what comes of it is mailed."""
    found = copy(user, identity)
    case = ReportCase(
        id=uuid4(),
        tenant=user.tenant,
        is_spam=False,
        reporter=found.mailbox,
        about=str(found.message),
        state=CaseState.OPEN,
        opened_at=datetime.now(UTC),
        way="portal",
    )
    path = mail_path()
    with ordered(_scope(user), "report.add", str(found.message), after={"is_spam": False}):
        path.wait(path.cases.add(case))
    return case


def may_any(found: Sequence[OwnCopy], right: EndUserRight) -> bool:
    """Tell whether the user has ``right`` on any of the copies."""
    return any(each.may(right) for each in found)


def _snapshot(user: EndUser) -> TenantSnapshot:
    path = mail_path()
    return path.wait(path.snapshot_of(user.tenant))


def _mailbox(snapshot: TenantSnapshot, address: str, reading: Reading | None) -> OwnMailbox:
    own = snapshot.mailbox_of(address)
    aliases = {alias for alias, mailbox in snapshot.aliases.items() if mailbox == own}
    return OwnMailbox(address=own, also=frozenset({own, fold(address), *aliases}), reading=reading)


def _several(user: EndUser, ids: Sequence[UUID]) -> list[OwnCopy]:
    """Return the copies ``ids``.  Raises ``ScopeError`` when one is not there, or not the user's."""
    path = mail_path()
    rows = path.wait(path.quarantine.list(tenant=user.tenant, copies=ids, limit=max(1, len(ids))))
    found = _seen(user, mailboxes(user), [row for row in rows if row.ended_as is None])
    if not ids or {each.id for each in found} != set(ids):
        raise ScopeError("this message is not in your quarantine any more")
    return found


def _seen(user: EndUser, own: Sequence[OwnMailbox], rows: Sequence[QuarantinedCopy]) -> list[OwnCopy]:
    """Return those of ``rows`` that ``user`` may see at all, as they see them."""
    if not rows:
        return []
    snapshot, path = _snapshot(user), mail_path()
    asked = path.wait(path.releases.list(tenant=user.tenant, ids=[row.id for row in rows]))
    states = {each.quarantine: each.state for each in reversed(asked)}
    found = []
    for row in rows:
        mine = [(each, address) for each in own for address in row.recipients if fold(address) in each.also]
        if not mine:
            continue
        mailbox = mine[0][0]
        rights = snapshot.end_users_of(mailbox.address).rights.get(row.reason, frozenset())
        if not rights:
            continue
        name, author = _author(user.tenant, row.message)
        shows = bool(rights & {EndUserRight.VIEW_HEADER, EndUserRight.PREVIEW})
        found.append(
            OwnCopy(
                id=row.id,
                message=row.message,
                mailbox=mailbox.address,
                addresses=tuple(dict.fromkeys(address for _, address in mine)),
                sender=row.sender,
                author=author,
                author_name=name,
                subject=row.subject if shows else "",
                reason=row.reason,
                risk=_RISKS.get(row.reason, Risk.LOW),
                size=row.size,
                received_at=row.received_at,
                expires_at=row.expires_at,
                rights=rights,
                request=_request(states.get(row.id, "")),
            )
        )
    return found


# A message never changes, and the same few are listed again and again.
@lru_cache(maxsize=20_000)
def _author(tenant: TenantId, message: UUID) -> tuple[str, str]:
    """Return name and address of the From field; empty where there is none that can be read."""
    path = mail_path()
    octets = path.wait(path.beginning_of(tenant, message, _HEADER))
    author = view_of(octets).author if octets else None
    if author is None:
        return "", ""
    return author.display_name, str(author.address)


def _request(state: str) -> str:
    return "waiting" if state in (LOOKING, WAITING) else state if state == DENIED else ""


def _has(found: OwnCopy, words: str) -> bool:
    text = " ".join((found.sender, found.author, found.author_name, found.subject)).casefold()
    return all(word in text for word in words.casefold().split())


def _demand(found: OwnCopy, right: EndUserRight) -> None:
    if not found.may(right):
        raise Forbidden(f"this needs the right {right.value}, which your organisation does not give here")


def _addresses(own: Sequence[OwnCopy]) -> set[str]:
    return {address for each in own for address in each.addresses}


def _named(own: Sequence[OwnCopy]) -> str:
    return " ".join(str(each.id) for each in own)


def _scope(user: EndUser) -> Scope:
    """Return the scope by which the audit knows ``user``; it allows nothing."""
    return Scope(who=user.who, tenant=user.tenant, tenant_name=user.tenant_name)

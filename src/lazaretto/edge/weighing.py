"""Whether a sender sends too much, or too many messages that are alike: asked at RCPT and at the end.

A message is counted when it is about to be taken, and counted back where nothing comes of it.  What
is beyond a limit of its tenant is told, put off or kept back as the tenant wants.  A copy for another
tenant's people is never kept back: it is put off, as nobody but its sender's tenant may let it go.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from lazaretto.core.address import domain_of, fold
from lazaretto.core.envelope import Direction, Leg
from lazaretto.core.excess import Excess, ExcessAction, SendingLimit
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.edge.gates.proof import Sender, sender_of
from lazaretto.edge.gates.rate import Sending
from lazaretto.edge.gates.recipient import Admitted
from lazaretto.edge.gates.sender import may_send
from lazaretto.edge.gates.similar import Kind, kind_of
from lazaretto.edge.replies import SENDING_TOO_MUCH, TOO_MANY_SIMILAR
from lazaretto.edge.unfit import Unfit

if TYPE_CHECKING:
    from lazaretto.edge.session import Session
    from lazaretto.edge.states import Transaction

TOO_MUCH: Final = "sending too much"
PLATFORMS: Final = f"{TOO_MUCH}: the platform's limit"
TOO_MANY: Final = "many similar messages"
_HELD_DIRECTIONS: Final = {
    SendingLimit.EXTERNAL: (Direction.OUTBOUND,),
    SendingLimit.INTERNAL: (Direction.INBOUND,),
    SendingLimit.DAY: (Direction.OUTBOUND, Direction.INBOUND),
}


@dataclass(slots=True)
class Weight:
    """What a message was counted as."""

    sending: Sending | None = None
    kinds: list[tuple[Kind, int]] = field(default_factory=list)


def too_much(session: Session, transaction: Transaction, one_more: Admitted) -> str:
    """Return why ``one_more`` must come later; empty where it need not."""
    sender = _sender(session, transaction)
    # What owes its token counts when it is shown: a stranger must not use up a tenant's rate.
    if sender is None or sender.owes_token:
        return ""
    sending = _sending(sender.tenant, transaction, one_more)
    beyond = session.rates.beyond_operators(sending, session.seams.now())
    if beyond is not None:
        session.tell_excess(sender.tenant, transaction.reverse_path, beyond, ExcessAction.DEFER)
        return PLATFORMS
    excess = session.rates.excess(sending, session.seams.now())
    if excess is None:
        return ""
    action = sender.tenant.sending_limits.action
    is_others = one_more.tenant.tenant != sender.tenant.tenant
    if action is ExcessAction.DEFER or (action is ExcessAction.HOLD and is_others):
        session.tell_excess(sender.tenant, transaction.reverse_path, excess, ExcessAction.DEFER)
        return _reason(excess)
    return ""


def weigh(session: Session, transaction: Transaction, header: bytes, size: int) -> list[str] | Unfit:
    """Count a message and return what is noted about it, or say why it must come later."""
    sender = _sender(session, transaction)
    if sender is not None and not (sender.owes_token and not transaction.owing):
        unfit = _weigh_sender(session, transaction, sender.tenant)
        if unfit is not None:
            return unfit
    return _weigh_likes(session, transaction, header, size)


def count_back(session: Session, transaction: Transaction) -> None:
    """Count back what came to nothing."""
    weight, at = transaction.weight, session.seams.now()
    if weight.sending is not None:
        session.rates.count(weight.sending, at, back=True)
    for kind, copies in weight.kinds:
        session.similar.count(kind, copies, at, back=True)


def _sender(session: Session, transaction: Transaction) -> Sender | None:
    """Return the tenant whose sender wrote it; None also for what its server only passes on."""
    path = transaction.mail.reverse_path
    sender = sender_of(path, session.shown, session.seams.directory)
    return sender if sender is not None and may_send(path, sender.tenant) else None


def _sending(tenant: TenantSnapshot, transaction: Transaction, one_more: Admitted | None = None) -> Sending:
    internal, others = transaction.counts_for(tenant)
    if one_more is not None:
        is_internal = one_more.tenant.tenant == tenant.tenant and one_more.direction is Direction.INBOUND
        internal, others = internal + is_internal, others + (not is_internal)
    return Sending(tenant=tenant, sender=fold(transaction.reverse_path), external=others, internal=internal)


def _weigh_sender(session: Session, transaction: Transaction, tenant: TenantSnapshot) -> Unfit | None:
    sending, at, action = _sending(tenant, transaction), session.seams.now(), tenant.sending_limits.action
    beyond = session.rates.beyond_operators(sending, at)
    if beyond is not None:
        session.tell_excess(tenant, transaction.reverse_path, beyond, ExcessAction.DEFER)
        return Unfit(SENDING_TOO_MUCH, PLATFORMS)
    excess = session.rates.excess(sending, at)
    if excess is None or action is ExcessAction.LOG:
        session.rates.count(sending, at)
        transaction.weight.sending = sending
    if excess is None:
        return None
    concerned = _HELD_DIRECTIONS[excess.limit]
    is_for_others = any(
        leg.tenant != tenant.tenant for leg in transaction.legs if Direction.OUTBOUND in concerned
    )
    if action is ExcessAction.DEFER or (excess.is_held and is_for_others):
        session.tell_excess(tenant, transaction.reverse_path, excess, ExcessAction.DEFER)
        return Unfit(SENDING_TOO_MUCH, _reason(excess))
    session.tell_excess(tenant, transaction.reverse_path, excess, action)
    for direction in concerned:
        transaction.excesses[tenant.tenant, direction] = excess
    return None


def _weigh_likes(session: Session, transaction: Transaction, header: bytes, size: int) -> list[str] | Unfit:
    notes: list[str] = []
    for leg, kind in list(_kinds(transaction, header, size)):
        outcome = _weigh_like(session, transaction, leg, kind)
        if isinstance(outcome, Unfit):
            return outcome
        notes += outcome
    return notes


def _kinds(transaction: Transaction, header: bytes, size: int) -> Iterator[tuple[Leg, Kind]]:
    for leg in transaction.legs:
        yield leg, kind_of(leg, domain_of(transaction.reverse_path), header, size)


def _weigh_like(session: Session, transaction: Transaction, leg: Leg, kind: Kind) -> list[str] | Unfit:
    tenant, at = session.seams.directory.by_id(leg.tenant), session.seams.now()
    is_own = tenant is not None and leg.direction is Direction.OUTBOUND
    action = tenant.similar_messages if tenant is not None and is_own else ExcessAction.LOG
    copies, limit = len(leg.recipients), session.similar.limit
    counted = session.similar.with_more(kind, copies, at)
    if counted <= limit or action is ExcessAction.LOG:
        session.similar.count(kind, copies, at)
        transaction.weight.kinds.append((kind, copies))
    if counted <= limit:
        return []
    is_held = action is ExcessAction.HOLD
    excess = Excess(limit=SendingLimit.SIMILAR, counted=counted, allowed=limit, is_held=is_held)
    if tenant is not None and is_own:
        session.tell_excess(tenant, transaction.reverse_path, excess, action)
    if action is ExcessAction.DEFER:
        return Unfit(TOO_MANY_SIMILAR, _reason(excess))
    known = transaction.excesses.get((leg.tenant, leg.direction))
    if known is None or (is_held and not known.is_held):
        transaction.excesses[leg.tenant, leg.direction] = excess
    return [f"{TOO_MANY}: {counted}"]


def _reason(excess: Excess) -> str:
    what = TOO_MANY if excess.limit is SendingLimit.SIMILAR else f"{TOO_MUCH}: {excess.limit.value}"
    return f"{what}: more than {excess.allowed}"

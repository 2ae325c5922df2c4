"""What is asked of a message once its header, and at last its size, is known.

Mail that leaves a tenant may owe a token; mail in both directions is counted among its like.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lazaretto.core.address import domain_of
from lazaretto.core.envelope import Direction, Leg
from lazaretto.edge.gates.proof import without_tokens
from lazaretto.edge.gates.similar import kind_of
from lazaretto.edge.replies import RECIPIENT_OK, SENDER_NOT_ALLOWED, SENDING_TOO_MUCH, TOO_MANY_SIMILAR
from lazaretto.edge.unfit import Unfit

if TYPE_CHECKING:
    from lazaretto.edge.session import Session
    from lazaretto.edge.states import Transaction

SIMILAR_NOTE: Final = "many similar messages"


@dataclass(frozen=True, slots=True)
class Cleared:
    """A header that may go out, without what must not be seen outside."""

    header: bytes


def clear(session: Session, transaction: Transaction, header: bytes) -> Cleared | Unfit:
    """Return ``header`` without its token, or why the message may not go: no token, too much mail."""
    owing = transaction.owing
    without = without_tokens(header, owing[0].tenant.outbound_proofs.header_tokens)
    if without is None:
        return Unfit(SENDER_NOT_ALLOWED, "no token of the tenant in the header")
    if not all(session.may_send_more(each.tenant, transaction.reverse_path) for each in owing):
        return Unfit(SENDING_TOO_MUCH, "outbound rate reached")
    return Cleared(without)


def similar(session: Session, transaction: Transaction, header: bytes, size: int) -> list[str] | Unfit:
    """Count a message among its like, for each of its tenants; return a note for each with too many.

    A tenant may want its own such mail put off: then it is not counted, and the answer is why.
    """
    notes: list[str] = []
    for leg in transaction.legs:
        outcome = _similar_of(session, transaction, leg, header, size)
        if isinstance(outcome, Unfit):
            return outcome
        notes += outcome
    return notes


def _similar_of(
    session: Session, transaction: Transaction, leg: Leg, header: bytes, size: int
) -> list[str] | Unfit:
    tenant, copies = session.seams.directory.by_id(leg.tenant), len(leg.recipients)
    kind = kind_of(leg, domain_of(transaction.reverse_path), header, size)
    holds = leg.direction is Direction.OUTBOUND and tenant is not None and tenant.puts_off_similar
    counted = session.count_similar(kind, copies, or_put_off=holds)
    if counted is None:
        return Unfit(TOO_MANY_SIMILAR, SIMILAR_NOTE)
    limit = session.settings.max_similar_messages
    if counted <= limit:
        return []
    if counted - copies <= limit:
        reason = f"{SIMILAR_NOTE}: more than {limit} within an hour"
        session.note_refusal(
            "data", RECIPIENT_OK, reason, transaction, tenant=tenant, direction=leg.direction
        )
    return [f"{SIMILAR_NOTE}: {counted}"]

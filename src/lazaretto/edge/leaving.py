"""What mail that leaves a tenant must pass once its header, and at last its size, is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lazaretto.core.address import domain_of
from lazaretto.core.envelope import Direction
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


def similar(session: Session, transaction: Transaction, header: bytes, size: int) -> str | Unfit:
    """Count a message among its like; return a note when there are too many, else an empty text.

    The tenant may want such mail put off: then it is not counted, and the answer is why.
    """
    leaving = [each for each in transaction.admitted if each.direction is Direction.OUTBOUND]
    if not leaving:
        return ""
    tenant, copies = leaving[0].tenant, len(leaving)
    kind = kind_of(tenant.tenant, domain_of(transaction.reverse_path), header, size)
    counted = session.count_similar(kind, copies, or_put_off=tenant.puts_off_similar)
    if counted is None:
        return Unfit(TOO_MANY_SIMILAR, SIMILAR_NOTE)
    limit = session.settings.max_similar_messages
    if counted <= limit:
        return ""
    if counted - copies <= limit:
        reason = f"{SIMILAR_NOTE}: more than {limit} within an hour"
        session.note_refusal(
            "data", RECIPIENT_OK, reason, transaction, tenant=tenant, direction=Direction.OUTBOUND
        )
    return f"{SIMILAR_NOTE}: {counted}"

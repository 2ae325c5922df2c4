"""What is asked of a message that leaves a tenant once its header is known: it may owe a token."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from lazaretto.edge.gates.proof import without_tokens
from lazaretto.edge.replies import SENDER_NOT_ALLOWED
from lazaretto.edge.unfit import Unfit

if TYPE_CHECKING:
    from lazaretto.edge.states import Transaction


@dataclass(frozen=True, slots=True)
class Cleared:
    """A header that may go out, without what must not be seen outside."""

    header: bytes


def clear(transaction: Transaction, header: bytes) -> Cleared | Unfit:
    """Return ``header`` without its token, or why the message may not go."""
    owing = transaction.owing
    without = without_tokens(header, owing[0].tenant.outbound_proofs.header_tokens)
    if without is None:
        return Unfit(SENDER_NOT_ALLOWED, "no token of the tenant in the header")
    return Cleared(without)

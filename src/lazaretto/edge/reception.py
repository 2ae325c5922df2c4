"""DATA's octets: from the wire into an intake, never whole in memory, never more than allowed.

What is wrong with a message does not end its transfer: the rest is read and thrown away, so that the
client hears its reply where it waits for it, behind the dot.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from lazaretto.core.content import ReceivedContent
from lazaretto.core.errors import StorageFull, TemporaryFailure
from lazaretto.edge.header_block import HeaderBlock, HeaderFault, is_automatic
from lazaretto.edge.leaving import Cleared, clear
from lazaretto.edge.replies import (
    HEADER_TOO_LARGE,
    LOOP,
    MESSAGE_TOO_BIG,
    NO_ROOM,
    NUL_IN_HEADER,
    STRAY_LINE_ENDS,
    TRY_LATER,
)
from lazaretto.edge.seams import Intake
from lazaretto.edge.unfit import TooBig, Unfit
from lazaretto.edge.weighing import weigh
from lazaretto.protocol.dots import DotReader

if TYPE_CHECKING:
    from lazaretto.edge.session import Session
    from lazaretto.edge.states import Transaction

TOO_BIG: Final = "message too big"
STRAY_NOTE: Final = "stray line ends"
_REPLIES: Final = {
    HeaderFault.TOO_LARGE: HEADER_TOO_LARGE,
    HeaderFault.NUL: NUL_IN_HEADER,
    HeaderFault.LOOP: LOOP,
}


@dataclass(frozen=True, slots=True)
class Received:
    """A message that was read to its end and is in good form."""

    content: ReceivedContent
    notes: tuple[str, ...] = ()


async def receive(session: Session, transaction: Transaction) -> Received | Unfit:
    """Read one message.  Raises ``PeerGone`` or ``TimedOut``, and then nothing is kept of it."""
    reception = Reception(session, transaction)
    try:
        await reception.read()
        return reception.outcome()
    except BaseException:
        reception.give_up()
        raise


class Reception:
    """One message on its way in."""

    def __init__(self, session: Session, transaction: Transaction) -> None:
        self._session = session
        self._transaction = transaction
        self._limit = min(transaction.max_message_size, session.settings.max_message_size)
        self._reader = DotReader()
        self._header = HeaderBlock(session.header_limits, session.hop_key)
        self._intake: Intake = session.seams.new_intake()
        self._unfit: Unfit | None = None
        self._size = 0
        # The header of a message that owes a token waits here: it is kept without the token.
        self._waiting: bytearray | None = bytearray() if transaction.owing else None

    async def read(self) -> None:
        """Read up to the end of the message; what comes behind it stays on the wire."""
        wire = self._session.wire
        started = asyncio.get_running_loop().time()
        came = 0
        while not self._reader.ended:
            block = await wire.block(self._deadline(started, came))
            came += len(block)
            piece = self._reader.feed(block)
            if piece:
                self._take(piece)
        wire.unread(self._reader.rest)

    def outcome(self) -> Received | Unfit:
        """Return what became of the message that was read."""
        if self._unfit is None:
            self._check_header(self._header.end())
        if self._reader.saw_stray and any(tenant.strict_line_ends for tenant in self._transaction.tenants):
            self._reject(Unfit(STRAY_LINE_ENDS, STRAY_NOTE))
        notes = [STRAY_NOTE] if self._reader.saw_stray else []
        if self._unfit is None:
            self._keep(b"")
        if self._unfit is None:
            self._weigh(notes)
        if self._unfit is not None:
            return self._final(self._unfit)
        try:
            content = self._intake.finish()
        except TemporaryFailure as failure:
            return _no_room(failure)
        return Received(content, tuple(notes))

    def give_up(self) -> None:
        """Forget the message: it was not finished."""
        self._intake.abort()
        self._session.count_aborted(self._size)

    def _take(self, piece: bytes) -> None:
        self._size += len(piece)
        if self._unfit is not None:
            return
        self._check_header(self._header.take(piece))
        if self._size > self._limit:
            self._reject(Unfit(MESSAGE_TOO_BIG, TOO_BIG))
        if self._unfit is None:
            self._keep(piece)

    def _keep(self, piece: bytes) -> None:
        if self._waiting is not None:
            self._waiting += piece
            if not self._header.is_complete:
                return
            piece = self._cleared(bytes(self._waiting))
            self._waiting = None
        if self._unfit is not None or not piece:
            return
        try:
            self._intake.write(piece)
        except TemporaryFailure as failure:
            self._reject(_no_room(failure))

    def _cleared(self, begun: bytes) -> bytes:
        """Return the beginning of the content without the token that had to be in it."""
        header = self._header.octets[2:]
        outcome = clear(self._transaction, header)
        if isinstance(outcome, Cleared):
            return outcome.header + begun[len(header) :]
        self._reject(outcome)
        return b""

    def _weigh(self, notes: list[str]) -> None:
        outcome = weigh(self._session, self._transaction, self._header.octets, self._size)
        if isinstance(outcome, Unfit):
            self._reject(outcome)
        else:
            notes += outcome

    def _final(self, unfit: Unfit) -> Unfit:
        """Return ``unfit`` with what is known only at the message's end."""
        if unfit.reason != TOO_BIG:
            return unfit
        too_big = TooBig(self._size, self._limit, is_automatic(self._header.octets))
        reason = f"{TOO_BIG}: {self._size} octets, {self._limit} are allowed"
        return Unfit(unfit.reply, reason, too_big)

    def _check_header(self, fault: HeaderFault | None) -> None:
        if fault is not None:
            self._reject(Unfit(_REPLIES[fault], fault.value))

    def _reject(self, unfit: Unfit) -> None:
        if self._unfit is None:
            self._unfit = unfit
            self._intake.abort()

    def _deadline(self, started: float, came: int) -> float:
        """Return until when more octets must come: soon, at the least rate, within the session."""
        settings = self._session.settings
        now = asyncio.get_running_loop().time()
        pause_ends = now + self._session.patience(settings.data_timeout)
        rate_ends = started + settings.data_rate_grace + came / settings.min_data_rate
        return min(pause_ends, rate_ends, self._session.ends_at)


def _no_room(failure: TemporaryFailure) -> Unfit:
    if isinstance(failure, StorageFull):
        return Unfit(NO_ROOM, "storage is full")
    return Unfit(TRY_LATER, f"storage failed: {failure}")

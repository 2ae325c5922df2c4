"""RCPT: one more recipient, or the words why not (RFC 5321 §4.1.1.3)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from lazaretto.core.address import Address
from lazaretto.core.envelope import Direction
from lazaretto.core.reply import Reply
from lazaretto.edge.gates.proof import sender_of
from lazaretto.edge.gates.recipient import Admitted, Asking, TurnedAway, admit
from lazaretto.edge.hangup import Hangup
from lazaretto.edge.replies import (
    COME_AGAIN,
    MAIL_FIRST,
    PARAMETERS_NEED_EHLO,
    RECIPIENT_OK,
    SENDING_TOO_MUCH,
    TOO_MANY_OVERSHOOTS,
    TOO_MANY_RECIPIENTS,
)
from lazaretto.edge.states import Transaction
from lazaretto.edge.verb import Verb
from lazaretto.edge.weighing import too_much
from lazaretto.protocol.parameters import RcptParameters
from lazaretto.protocol.paths import RcptCommand, parse_rcpt

if TYPE_CHECKING:
    from lazaretto.edge.session import Session


async def _rcpt(session: Session, argument: bytes) -> Reply:
    transaction = session.state
    if not isinstance(transaction, Transaction):
        return MAIL_FIRST
    wanted = parse_rcpt(argument, smtputf8=transaction.mail.parameters.smtputf8)
    if not transaction.introduced.extended and wanted.parameters != RcptParameters():
        return PARAMETERS_NEED_EHLO
    if transaction.accepted >= session.settings.max_recipients:
        return _overshoot(session, transaction)
    return await _answer(session, transaction, wanted)


async def _answer(session: Session, transaction: Transaction, wanted: RcptCommand) -> Reply:
    address = wanted.address or session.postmaster
    outcome = admit(address, wanted.parameters, _asking(session, transaction), session.seams.directory)
    if isinstance(outcome, Admitted):
        outcome = _within_rate(session, transaction, outcome)
    if isinstance(outcome, Admitted) and outcome.direction is Direction.INBOUND:
        outcome = _not_early(session, transaction, outcome)
    if not isinstance(outcome, TurnedAway):
        transaction.admit(outcome)
        return RECIPIENT_OK
    if outcome.too_big is not None:
        transaction.too_big.append(outcome.too_big)
    session.note_refusal(
        "rcpt",
        outcome.reply,
        outcome.reason,
        transaction,
        recipient=str(address),
        tenant=outcome.tenant,
        direction=outcome.direction,
        tls_policy=outcome.tls_policy,
    )
    if outcome.unknown:
        await _slow_down_guessing(session, transaction, address)
    return outcome.reply


def _within_rate(session: Session, transaction: Transaction, admitted: Admitted) -> Admitted | TurnedAway:
    problem = too_much(session, transaction, admitted)
    return TurnedAway(SENDING_TOO_MUCH, problem, admitted.tenant, admitted.direction) if problem else admitted


def _not_early(session: Session, transaction: Transaction, admitted: Admitted) -> Admitted | TurnedAway:
    if not admitted.tenant.greylisting:
        return admitted
    if not session.is_strange(transaction.reverse_path, admitted.recipient.address):
        return admitted
    return TurnedAway(COME_AGAIN, "greylisted", admitted.tenant)


def _asking(session: Session, transaction: Transaction) -> Asking:
    mail = transaction.mail
    sender = sender_of(mail.reverse_path, session.shown, session.seams.directory)
    return Asking(sender, mail.reverse_path, mail.parameters.size, session.tls)


def _overshoot(session: Session, transaction: Transaction) -> Reply:
    transaction.overshoots += 1
    if transaction.overshoots > session.settings.max_overshoots:
        raise Hangup(TOO_MANY_OVERSHOOTS, "too many recipients")
    return TOO_MANY_RECIPIENTS


async def _slow_down_guessing(session: Session, transaction: Transaction, address: Address) -> None:
    guesses = session.count_guess()
    threshold = session.settings.harvest_threshold
    if guesses < threshold:
        return
    if guesses == threshold:
        session.counters.harvests += 1
        reason = f"directory harvest: {guesses} unknown recipients within an hour"
        tenant = session.seams.directory.tenant_of(address.domain)
        session.note_refusal("rcpt", RECIPIENT_OK, reason, transaction, str(address), tenant)
    await session.pause()


VERBS: Final = (Verb("RCPT", _rcpt),)

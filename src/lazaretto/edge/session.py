"""One SMTP session: greeting, then one command after the other until somebody leaves.

The session owns the state and the counts; what a verb does is in ``verbs``, who may do it in
``gates``, how octets move in ``wire``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from typing import Final

import structlog

from lazaretto.core.envelope import Client, Direction, Tls, TlsRecord
from lazaretto.core.excess import Excess, ExcessAction
from lazaretto.core.identity import new_message_id
from lazaretto.core.refusal import Refusal
from lazaretto.core.reply import Reply
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.edge.automatic_mail import Circumstances
from lazaretto.edge.excess_notices import excess_notices
from lazaretto.edge.gates.channel import NOTHING
from lazaretto.edge.gates.proof import certificate_of
from lazaretto.edge.hangup import Hangup
from lazaretto.edge.house import Caller, House
from lazaretto.edge.notices import notices
from lazaretto.edge.replies import (
    BARE_LINE_FEED,
    CLOSING,
    INTERNAL_FAULT,
    LINE_TOO_LONG,
    NOT_SMTP,
    OUT_OF_STEP,
    TIMED_OUT,
    TOO_MANY_ERRORS,
    TOO_MUCH_JUNK,
    UNKNOWN_COMMAND,
)
from lazaretto.edge.states import Introduced, State, Transaction, Unintroduced
from lazaretto.edge.tls_record import record_of, tls_of
from lazaretto.edge.verb import Verb
from lazaretto.edge.vocabulary import vocabulary
from lazaretto.edge.weighing import count_back
from lazaretto.edge.wire import HandshakeFailed, LineFault, PeerGone, TimedOut, Wire
from lazaretto.protocol.lines import parse_command, reply_line
from lazaretto.protocol.syntax import BadSyntax

log = structlog.get_logger(__name__)

_TLS_RECORD: Final = 0x16
_LINGER_SECONDS: Final = 1.0
_LINGER_OCTETS: Final = 4 << 20


class Session:
    """The dialogue on one connection; ``run`` is its whole life."""

    def __init__(self, house: House, caller: Caller, wire: Wire) -> None:
        self.wire = wire
        self.state: State = Unintroduced()
        self.settings = house.settings
        self.seams = house.seams
        self.counters = house.counters
        self.host_name = house.host_name
        self.postmaster = house.postmaster
        self.hop_key = house.hop_key
        self.header_limits = house.header_limits
        self.rates = house.rates
        self.similar = house.similar
        self.shown = caller.shown
        self.tls: Tls | None = None
        self._loop = asyncio.get_running_loop()
        self.ends_at = self._loop.time() + house.settings.session_timeout
        self._house = house
        self._vocabulary = vocabulary()
        self._caller = caller
        self._errors = 0
        self._junk = 0
        self._messages = 0
        self._recipients = 0
        self._commands = 0
        # What is said if nothing else is: the session ended by a fault of ours.
        self._farewell = INTERNAL_FAULT
        self._is_foul = False
        self._is_busy = False
        self._is_draining = False

    async def run(self) -> None:
        """Hold the dialogue until it ends; the connection is closed then."""
        try:
            await self._greet()
            while True:
                await self._turn()
        except Hangup as hangup:
            self._hang_up(hangup)
        except TimedOut:
            self._farewell = CLOSING if self._is_draining else TIMED_OUT
        except PeerGone:
            pass
        finally:
            self.reset()
            self._remember_behaviour()
            self._say(self._farewell)
            if self._is_foul:
                await self.wire.linger(_LINGER_SECONDS, _LINGER_OCTETS)
            self.wire.close()

    def drain(self) -> None:
        """End as soon as no message is in progress."""
        self._is_draining = True
        if not self._is_busy:
            self.wire.interrupt()

    # What verbs use.

    @property
    def client(self) -> Client:
        """The other side as known now."""
        introduced = self.state.introduced if isinstance(self.state, Transaction) else self.state
        named = introduced if isinstance(introduced, Introduced) else None
        return Client(
            ip=self._caller.ip,
            port=self._caller.port,
            helo=named.helo if named else "",
            extended=named.extended if named else True,
            tls=self.tls,
            channel=self._channel(named),
        )

    @property
    def can_start_tls(self) -> bool:
        """Tell whether STARTTLS is on offer now."""
        return self._house.tls.at(self._caller.door) is not None and self.tls is None

    def patience(self, seconds: float) -> float:
        """Return how long to wait where ``seconds`` are allowed in quiet times."""
        return self._house.load.patience(seconds)

    def reset(self) -> None:
        """Forget the transaction, whatever became of it."""
        if isinstance(self.state, Transaction):
            ended, self.state = self.state, self.state.introduced
            if not ended.is_kept:
                count_back(self, ended)
            if ended.too_big:
                self._tell_too_big(ended)

    @contextmanager
    def busy(self) -> Iterator[None]:
        """Mark that a message is in progress, which a drain waits for."""
        self._is_busy = True
        try:
            yield
        finally:
            self._is_busy = False

    async def start_tls(self) -> None:
        """Do the handshake and forget everything that was said in clear."""
        context = self._house.tls.at(self._caller.door)
        if context is None:
            raise PeerGone
        seconds = self.patience(self.settings.handshake_timeout)
        try:
            agreed = await self.wire.start_tls(context, seconds)
        except HandshakeFailed as failed:
            self.counters.refused("TLS handshake failed")
            self._house.clients.failed_tls(self._caller.key, str(failed), self._now())
            log.info("TLS handshake failed", client=self._caller.ip, problem=str(failed))
            raise PeerGone from failed
        self.counters.tls_sessions += 1
        certificate = certificate_of(agreed)
        self.tls = tls_of(agreed, verified=certificate is not None)
        self.shown = replace(self.shown, certificate=certificate)
        self.state = Unintroduced()

    async def pause(self) -> None:
        """Make a client that errs wait; what it was told already reaches it first."""
        self.wire.send()
        await asyncio.sleep(self.settings.error_delay)

    def count_message(self, octets: int, *, looked_at: bool) -> None:
        """Count a message that was accepted."""
        self.counters.messages += 1
        self.counters.octets += octets
        self.counters.unscanned += not looked_at
        self._messages += 1
        self._junk = 0

    def count_recipients(self, number: int) -> bool:
        """Count recipients of this session; tell whether they are more than the service levels cover."""
        self._recipients += number
        return self._recipients > self.settings.max_recipients

    def count_junk(self) -> None:
        """Count a command that does nothing.  Raises ``Hangup`` at the limit."""
        self._junk += 1
        if self._junk > self.settings.max_junk:
            raise Hangup(TOO_MUCH_JUNK, "too much junk")

    def count_guess(self) -> int:
        """Count an unknown recipient; return how many this client named within the hour."""
        return self._house.clients.guessed(self._caller.key, self._now())

    def is_strange(self, reverse_path: str, recipient: str) -> bool:
        """Tell whether this client shall first come back: unknown, unproven, not seen before."""
        now = self._now()
        known = (
            self.shown.registered
            or self.shown.certificate
            or self._house.clients.is_good(self._caller.key, now)
        )
        return not known and self._house.greylist.is_early(self._caller.ip, reverse_path, recipient, now)

    def tell_excess(
        self, tenant: TenantSnapshot, reverse_path: str, excess: Excess, action: ExcessAction
    ) -> None:
        """Tell the administrators of ``tenant`` that a limit was passed; once per sender and hour, or once
        per hour where the limit is that of all senders together."""
        self.counters.excesses += 1
        whose = "" if excess.limit.is_of_all_senders else reverse_path
        if self._house.excess_rate.allow(tenant.tenant, f"{excess.limit.value} {whose}", self._now()):
            about = self._circumstances(reverse_path)
            for notice in excess_notices(tenant, excess, action, about):
                self.counters.notices += 1
                self.seams.notify(notice)

    def count_aborted(self, octets: int) -> None:
        """Count the octets of a message that was not finished."""
        self._house.clients.aborted(self._caller.key, octets, self._now())

    def note_refusal(
        self,
        stage: str,
        reply: Reply,
        reason: str,
        transaction: Transaction | None = None,
        recipient: str = "",
        tenant: TenantSnapshot | None = None,
        direction: Direction = Direction.INBOUND,
        tls_policy: str = NOTHING,
    ) -> None:
        """Count and remember that something was refused before DATA."""
        self.counters.refused(reason.partition(":")[0])
        self.remember_refusal(stage, reply, reason, transaction, recipient, tenant, direction, tls_policy)

    def remember_refusal(
        self,
        stage: str,
        reply: Reply,
        reason: str,
        transaction: Transaction | None = None,
        recipient: str = "",
        tenant: TenantSnapshot | None = None,
        direction: Direction = Direction.INBOUND,
        tls_policy: str = NOTHING,
    ) -> None:
        """Hand a refusal to whoever keeps the trace."""
        refusal = Refusal(
            id=new_message_id(),
            at=self.seams.now(),
            tenant=tenant.tenant if tenant else None,
            direction=direction,
            client=self.client,
            reverse_path=transaction.reverse_path if transaction else "",
            recipient=recipient,
            stage=stage,
            reply=reply,
            reason=reason,
            tls_policy=tls_policy,
        )
        self.seams.note_refusal(refusal)

    # The dialogue.

    async def _greet(self) -> None:
        delay = self._banner_delay()
        if delay:
            try:
                await self.wire.wait_for_input(delay)
            except TimedOut:
                if self._is_draining:
                    raise
            else:
                raise Hangup(OUT_OF_STEP, "early talker")
        self._say(Reply(220, "", f"{self.host_name} ESMTP Lazaretto"))

    def _banner_delay(self) -> float:
        if self.shown.registered is not None or self._house.clients.is_good(self._caller.key, self._now()):
            return 0.0
        return self.settings.banner_delay

    async def _turn(self) -> None:
        if self._is_draining:
            raise Hangup(CLOSING, "", is_foul=False)
        if self._errors >= self._house.load.allowed_errors:
            raise Hangup(TOO_MANY_ERRORS, "too many errors")
        if not self.wire.is_writable:
            await self.wire.flush(self._at_most(self.settings.line_timeout))
        line = await self._line()
        self._commands += 1
        try:
            reply = await self._obey(line)
        except BadSyntax as failure:
            reply = failure.reply
        if reply is None:
            return
        if reply.is_permanent:
            self._errors += 1
            if self._errors > self.settings.errors_before_delay:
                await self.pause()
        self._say(reply)

    async def _line(self) -> bytes | LineFault:
        if not self.wire.has_input:
            await self.wire.wait_for_input(self._at_most(self.settings.command_timeout))
        if self.wire.first_octet == _TLS_RECORD and self._commands == 0:
            raise Hangup(NOT_SMTP, "another protocol")
        return await self.wire.line(
            self.settings.max_command_line,
            self.settings.max_unread_tail,
            self._at_most(self.settings.line_timeout),
        )

    async def _obey(self, line: bytes | LineFault) -> Reply | None:
        match line:
            case LineFault.ENDLESS:
                raise Hangup(LINE_TOO_LONG, "endless command line")
            case LineFault.TOO_LONG:
                return LINE_TOO_LONG
            case LineFault.BARE_LINE_FEED:
                return BARE_LINE_FEED
            case bytes():
                return await self._obey_command(line)

    async def _obey_command(self, line: bytes) -> Reply | None:
        command = parse_command(line)
        verb = self._vocabulary.get(command.verb)
        if verb is None:
            return UNKNOWN_COMMAND
        self._check_step(verb)
        if verb.is_junk:
            self.count_junk()
        return await verb.obey(self, command.argument)

    def _check_step(self, verb: Verb) -> None:
        if verb.ends_group and self.wire.has_input:
            raise Hangup(OUT_OF_STEP, f"octets behind {verb.name}")

    def _hang_up(self, hangup: Hangup) -> None:
        if hangup.is_foul:
            self._is_foul = True
            self.note_refusal("connect" if not self._commands else "session", hangup.reply, hangup.reason)
        self._farewell = hangup.reply

    def _tell_too_big(self, ended: Transaction) -> None:
        about = self._circumstances(ended.reverse_path)
        for tenant in {each.tenant.tenant for each in ended.too_big}:
            if self._house.notice_rate.allow(tenant, ended.reverse_path, self._now()):
                refused = [each for each in ended.too_big if each.tenant.tenant == tenant]
                for notice in notices(refused, about):
                    self.counters.notices += 1
                    self.seams.notify(notice)

    def _circumstances(self, reverse_path: str) -> Circumstances:
        return Circumstances(
            reverse_path=reverse_path, client=self.client, at=self.seams.now(), host_name=self.host_name
        )

    def _remember_behaviour(self) -> None:
        key = self._caller.key
        if self._is_foul:
            self._house.clients.misbehaved(key)
        elif self._messages:
            self._house.clients.behaved(key, self._now())

    def _channel(self, named: Introduced | None) -> TlsRecord:
        if self.tls is not None:
            return record_of(self.tls)
        is_offered = self.can_start_tls and named is not None and named.extended
        return record_of(None, is_offered=is_offered, failed=self._failed_tls())

    def _failed_tls(self) -> str:
        return self._house.clients.tls_failure(self._caller.key, self._now())

    def _say(self, reply: Reply) -> None:
        self.wire.say(reply_line(reply))

    def _at_most(self, seconds: float) -> float:
        return min(self.patience(seconds), max(0.0, self.ends_at - self._now()))

    def _now(self) -> float:
        return self._loop.time()

"""One SMTP conversation with a next hop: greeting, EHLO, STARTTLS, and any number of transactions.

A conversation ends in one of two ways.  Either it says what became of each recipient, or it raises
``ConversationFailed``, and then nobody has taken responsibility for the message: it may be offered
to another host at once.  Once the last dot is on its way there is no second case any more: a lost
answer is a deferral, because the message may have arrived.
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Sequence
from dataclasses import dataclass, replace

from lazaretto.core.envelope import Tls
from lazaretto.core.queued import Outcome, QueuedCopy, QueuedRecipient, RecipientOutcome, Remote
from lazaretto.core.reply import Reply
from lazaretto.delivery.certificates import check_shown, failure_of
from lazaretto.delivery.channel import Channel, ChannelLost
from lazaretto.delivery.commands import envelope_commands, obstacle
from lazaretto.delivery.deadline import Deadline
from lazaretto.delivery.extensions import NOTHING, Extension, read_offers
from lazaretto.delivery.failures import ConversationFailed, HandshakeFailed, TlsNotOffered
from lazaretto.delivery.payload import Payload
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.delivery.tls_demand import CertificateCheck, ChannelDemand
from lazaretto.delivery.wire_form import END, WireForm, wire_form
from lazaretto.protocol.problems import in_words
from lazaretto.protocol.smtp_reply import WireReply


@dataclass(frozen=True, slots=True)
class Handover:
    """What one transaction came to."""

    outcomes: tuple[RecipientOutcome, ...]
    """One for each recipient, in order."""
    notifies: bool
    """The host promised to send the notifications that the sender asked for (RFC 3461)."""


class Conversation:
    """A conversation over a connected channel; used by one transaction at a time."""

    def __init__(
        self, channel: Channel, remote: Remote, settings: DeliverySettings, hostname: str, opened_at: float
    ) -> None:
        self._channel = channel
        self._settings = settings
        self._hostname = hostname
        self._offers = NOTHING
        self._needs_reset = False
        self._is_over = False
        self.remote = remote
        self.opened_at = opened_at
        self.transactions = 0

    @property
    def is_reusable(self) -> bool:
        """Tell whether another transaction may be tried; the other side may have hung up all the same."""
        return not self._is_over and not self._channel.is_lost and self._channel.is_quiet

    def offers(self, extension: Extension) -> bool:
        """Tell whether the last EHLO offered ``extension``."""
        return self._offers.has(extension)

    async def greet(self) -> None:
        """Read the greeting and say EHLO, or HELO where that is not known."""
        greeting = await self._reply(self._settings.greeting_timeout)
        if greeting.code != 220:
            raise self._failed(greeting.read())
        await self._hello()

    async def start_tls(
        self, context: ssl.SSLContext, server_name: str | None, demand: ChannelDemand
    ) -> None:
        """Encrypt the channel as ``demand`` wants it and say EHLO again.

        Nothing that was learnt in clear is kept.
        """
        if not self.offers(Extension.STARTTLS):
            raise TlsNotOffered(_ours(450, "4.7.10", "TLS is demanded and the host does not offer it"))
        answer = await self._ask_for_tls()
        if answer.code != 220:
            raise TlsNotOffered(_ours(450, "4.7.10", f"STARTTLS was refused: {answer.read()}"))
        if not self._channel.is_quiet:
            # What came in clear behind the 220 would be read as if it had come encrypted.
            injected = _ours(451, "4.7.5", "unexpected input before the TLS handshake")
            self.close()
            # Where TLS is only tried, that is no reason to go on in clear: somebody is between us.
            raise HandshakeFailed(injected) if demand.is_required else ConversationFailed(injected)
        await self._shake_hands(context, server_name, demand)
        self._offers = NOTHING
        try:
            await self._hello()
        except ConversationFailed as failed:
            # With TLS 1.3 a server's objection to our side of the handshake arrives only here.
            raise _no_handshake(failed) from failed

    async def transact(
        self, copy: QueuedCopy, recipients: Sequence[QueuedRecipient], payload: Payload
    ) -> Handover:
        """Offer ``copy`` for ``recipients``; return what became of each or raise ``ConversationFailed``."""
        self.transactions += 1
        if (refusal := await obstacle(self._offers, copy, recipients, payload)) is not None:
            return Handover(tuple(self._outcome(r, refusal) for r in recipients), notifies=False)
        commands = envelope_commands(self._offers, copy, recipients, payload)
        try:
            replies = await self._envelope(commands)
        except ChannelLost as lost:
            raise self._lost(lost) from lost
        for reply in replies:
            if reply.code == 421:
                raise self._failed(reply.read())
        return await self._content(recipients, replies, payload)

    async def answer_for(self, recipient: str) -> Reply:
        """Return what the host says to ``recipient`` from the null sender; no content follows.

        Raises ``ConversationFailed`` where it says nothing.
        """
        self._needs_reset = True
        mail = await self._ask(b"MAIL FROM:<>\r\n", self._settings.command_timeout)
        if mail.code // 100 != 2:
            return mail.read()
        command = f"RCPT TO:<{recipient}>\r\n".encode("ascii", "replace")
        return (await self._ask(command, self._settings.command_timeout)).read()

    async def quit(self) -> None:
        """Take leave and close; never raises."""
        try:
            if self.is_reusable:
                self._channel.send(b"QUIT\r\n", 1)
                await self._channel.reply(self._settings.quit_timeout)
        except ChannelLost:
            pass
        finally:
            self.close()

    def close(self) -> None:
        """Drop the connection."""
        self._is_over = True
        self._channel.abort()

    # Greeting and TLS.

    async def _hello(self) -> None:
        answer = await self._ask(
            b"EHLO " + self._hostname.encode("ascii") + b"\r\n", self._settings.command_timeout
        )
        if answer.code == 250:
            self._offers = read_offers(answer)
            return
        if answer.code // 100 != 5 or answer.code == 521 or self.remote.tls is not None:
            raise self._failed(answer.read())
        answer = await self._ask(
            b"HELO " + self._hostname.encode("ascii") + b"\r\n", self._settings.command_timeout
        )
        if answer.code != 250:
            raise self._failed(answer.read())

    async def _ask_for_tls(self) -> WireReply:
        try:
            return await self._ask(b"STARTTLS\r\n", self._settings.command_timeout)
        except ConversationFailed as failed:
            raise _no_handshake(failed) from failed

    async def _shake_hands(
        self, context: ssl.SSLContext, server_name: str | None, demand: ChannelDemand
    ) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._settings.tls_timeout):
                transport = await loop.start_tls(
                    self._channel.transport, self._channel, context, server_hostname=server_name
                )
            if transport is None:
                raise self._failed(_ours(451, "4.7.5", "connection closed in the TLS handshake"))
            self._channel.connection_made(transport)
            check_shown(demand, transport.get_extra_info("ssl_object"))
        except (OSError, ssl.SSLError, TimeoutError, ssl.CertificateError) as problem:
            self.close()
            reply = _ours(451, "4.7.5", f"TLS handshake failed: {in_words(problem)}")
            raise HandshakeFailed(reply, failure_of(problem)) from problem
        except HandshakeFailed:
            self.close()
            raise
        is_verified = demand.check is not CertificateCheck.NONE
        self.remote = replace(self.remote, tls=_negotiated(transport, verified=is_verified))

    # One transaction.

    async def _envelope(self, commands: list[bytes]) -> list[WireReply]:
        """Send the commands from MAIL to DATA; return their replies, without that to RSET.

        Without PIPELINING commands are not sent any more once nothing can come of them; what they
        would have been answered is what the last one was.  The list ends early at a 421.
        """
        count = len(commands)
        if self._needs_reset:
            commands = [b"RSET\r\n", *commands]
        first = len(commands) - count
        self._needs_reset = True
        if self._offers.has(Extension.PIPELINING):
            replies = await self._all_at_once(commands)
        else:
            replies = await self._one_by_one(commands, mail=first)
        return replies[first:]

    async def _all_at_once(self, commands: list[bytes]) -> list[WireReply]:
        deadline = self._deadline()
        self._channel.send(b"".join(commands), len(commands))
        replies = [
            await self._channel.reply(deadline.at_most(self._settings.command_timeout)) for _ in commands[:-1]
        ]
        replies.append(await self._channel.reply(deadline.at_most(self._settings.data_timeout)))
        return replies

    async def _one_by_one(self, commands: list[bytes], mail: int) -> list[WireReply]:
        """Send each command after the answer to the one before; ``mail`` is the place of MAIL."""
        replies: list[WireReply] = []
        settings, deadline = self._settings, self._deadline()
        last = len(commands) - 1
        for number, command in enumerate(commands):
            if number == last and not any(_is_taken(reply) for reply in replies[mail + 1 :]):
                replies.append(replies[-1])
                break
            self._channel.send(command, 1)
            seconds = settings.data_timeout if number == last else settings.command_timeout
            replies.append(await self._channel.reply(deadline.at_most(seconds)))
            if replies[-1].code == 421:
                break
            if number == mail and not _is_taken(replies[-1]):
                replies.extend([replies[-1]] * (last - number))
                break
        return replies

    async def _content(
        self, recipients: Sequence[QueuedRecipient], replies: list[WireReply], payload: Payload
    ) -> Handover:
        mail, *answers, data = replies
        if not _is_taken(mail):
            answers = [mail] * len(recipients)
        taken = [_is_taken(answer) for answer in answers]
        if data.code == 354:
            final = await self._send(payload if any(taken) else None)
        elif data.code // 100 in (4, 5):
            final = data.read()
        else:
            raise self._failed(_ours(451, "4.5.0", f"unexpected answer to DATA: {data.read()}"))
        outcomes = tuple(
            self._outcome(recipient, final if was_taken else _not_taken(answer, others_taken=any(taken)))
            for recipient, was_taken, answer in zip(recipients, taken, answers, strict=True)
        )
        return Handover(outcomes, notifies=self.offers(Extension.DSN))

    async def _send(self, payload: Payload | None) -> Reply:
        """Send the content, or an empty one where no recipient was taken; return the final answer.

        Never raises once octets are on their way: whether the message arrived is then unknown.
        """
        channel = self._channel
        if channel.has_reply:
            # An answer to content that was not sent is no answer to this message.
            self.close()
            return _ours(451, "4.5.0", "the next hop answered out of step")
        if payload is None:
            # RFC 2920 §3.1: DATA was accepted without a recipient; an empty message ends it.
            channel.send(END, 1)
        elif payload.whole is not None:
            channel.send(wire_form(payload.whole), 1)
        else:
            early = await self._stream(payload)
            if early is not None:
                return early
        try:
            answer = await channel.reply(self._settings.dot_timeout)
        except ChannelLost as lost:
            self.close()
            return _ours(451, "4.4.2", f"{lost} after the end of the content; it may arrive twice")
        reply = answer.read()
        if _is_taken(answer):
            self._needs_reset = False
            return reply
        if answer.code == 421 or answer.code // 100 == 3:
            self.close()
        return reply if answer.code // 100 in (4, 5) else _ours(451, "4.5.0", f"unexpected answer: {reply}")

    async def _stream(self, payload: Payload) -> Reply | None:
        """Send large content a chunk at a time; return an answer that came before its end, else None."""
        form = WireForm()
        settings = self._settings
        deadline = Deadline(settings.block_timeout + payload.size / settings.slowest_transfer)
        is_complete = False
        try:
            async for chunk in payload.chunks():
                await self._channel.drained(deadline.at_most(settings.block_timeout))
                if self._channel.has_reply or self._channel.is_lost:
                    return await self._early()
                self._channel.send(form.feed(chunk), 0)
            is_complete = True
        except ChannelLost:
            return await self._early()
        finally:
            # Where the content could not be read to its end: without the dot the next hop drops what
            # it has; a dot would hand over half a message.
            if not is_complete:
                self.close()
        if self._channel.has_reply:
            return await self._early()
        self._channel.send(form.end(), 1)
        return None

    async def _early(self) -> Reply:
        """Return what is to be made of an answer, or a loss, in the middle of the content."""
        reply = _ours(451, "4.4.2", "connection lost while the content was sent")
        try:
            answer = (await self._channel.reply(0.1)).read()
            if not answer.is_positive:
                reply = answer
        except ChannelLost as lost:
            reply = _ours(451, "4.4.2", f"{lost} while the content was sent")
        self.close()
        return reply

    def _outcome(self, recipient: QueuedRecipient, reply: Reply) -> RecipientOutcome:
        if reply.is_permanent:
            outcome = Outcome.FAILED
        else:
            outcome = Outcome.DEFERRED if reply.is_temporary else Outcome.DELIVERED
        return RecipientOutcome(number=recipient.number, outcome=outcome, reply=reply, remote=self.remote)

    # The channel.

    def _deadline(self) -> Deadline:
        return Deadline(self._settings.envelope_timeout)

    async def _ask(self, command: bytes, seconds: float) -> WireReply:
        self._channel.send(command, 1)
        return await self._reply(seconds)

    async def _reply(self, seconds: float) -> WireReply:
        try:
            return await self._channel.reply(seconds)
        except ChannelLost as lost:
            raise self._lost(lost) from lost

    def _lost(self, lost: ChannelLost) -> ConversationFailed:
        return self._failed(_ours(451, "4.4.2", str(lost)))

    def _failed(self, reply: Reply) -> ConversationFailed:
        self.close()
        return ConversationFailed(reply)


def _ours(code: int, enhanced: str, text: str) -> Reply:
    return Reply(code, enhanced, text)


def _no_handshake(failed: ConversationFailed) -> HandshakeFailed:
    return HandshakeFailed(_ours(451, "4.7.5", f"TLS did not come about: {failed.reply}"))


def _is_taken(answer: WireReply) -> bool:
    return answer.code // 100 == 2


def _not_taken(answer: WireReply, *, others_taken: bool) -> Reply:
    reply = answer.read()
    if answer.code == 552 and others_taken:
        # RFC 5321 §4.5.3.1.10: an old way to say that these are enough recipients for one message.
        return Reply(452, "4.5.3", reply.text)
    if answer.code // 100 in (4, 5):
        return reply
    return _ours(451, "4.5.0", f"unexpected answer to the recipient: {reply}")


def _negotiated(transport: asyncio.Transport, *, verified: bool) -> Tls:
    cipher = transport.get_extra_info("cipher") or ("", "", 0)
    return Tls(protocol=cipher[1] or "", cipher=cipher[0] or "", bits=cipher[2] or 0, verified=verified)

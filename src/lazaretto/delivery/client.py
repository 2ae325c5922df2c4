"""One SMTP conversation with a next hop: greeting, EHLO, STARTTLS, and any number of transactions.

A conversation ends in one of two ways.  Either it says what became of each recipient, or it raises
``ConversationFailed``, and then nobody has taken responsibility for the message: it may be offered
to another host at once.  Once the last dot is on its way there is no second case any more: a lost
answer is a deferral, because the message may have arrived.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Sequence
from dataclasses import dataclass
from enum import Enum

from lazaretto.core.envelope import Tls
from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.queued import Outcome, QueuedCopy, QueuedRecipient, RecipientOutcome, Remote
from lazaretto.core.reply import Reply
from lazaretto.delivery.channel import Channel, ChannelLost
from lazaretto.delivery.payload import Payload
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.delivery.wire_form import END, WireForm, wire_form
from lazaretto.protocol.smtp_reply import WireReply

_UNSAFE_PATH = re.compile(r"[\x00-\x20\x7f<>]")
_XTEXT = re.compile(r"[\x21-\x7e]{1,500}")


class ConversationFailed(TemporaryFailure):
    """The conversation ended before the message was handed over; nobody has it."""

    def __init__(self, reply: Reply) -> None:
        super().__init__(str(reply))
        self.reply = reply


class TlsNotOffered(ConversationFailed):
    """The host does not offer STARTTLS, or refuses it."""


class HandshakeFailed(ConversationFailed):
    """STARTTLS was accepted and then no TLS came about; or the certificate is not the host's."""


class Extension(Enum):
    """What a server's EHLO can offer that we make use of."""

    PIPELINING = "PIPELINING"
    SIZE = "SIZE"
    EIGHT_BIT = "8BITMIME"
    SMTPUTF8 = "SMTPUTF8"
    DSN = "DSN"
    STARTTLS = "STARTTLS"


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
        self._offers: dict[Extension, str] = {}
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
        return extension in self._offers

    async def greet(self) -> None:
        """Read the greeting and say EHLO, or HELO where that is not known."""
        greeting = await self._reply(self._settings.greeting_timeout)
        if greeting.code != 220:
            raise self._failed(greeting.read())
        await self._hello()

    async def start_tls(self, context: ssl.SSLContext, server_name: str | None) -> None:
        """Encrypt the channel and say EHLO again; nothing that was learnt in clear is kept."""
        if not self.offers(Extension.STARTTLS):
            raise TlsNotOffered(_ours(450, "4.7.10", "TLS is demanded and the host does not offer it"))
        answer = await self._ask_for_tls()
        if answer.code != 220:
            raise TlsNotOffered(_ours(450, "4.7.10", f"STARTTLS was refused: {answer.read()}"))
        if not self._channel.is_quiet:
            # What came in clear behind the 220 would be read as if it had come encrypted.
            raise self._failed(_ours(451, "4.7.5", "unexpected input before the TLS handshake"))
        await self._shake_hands(context, server_name)
        self._offers = {}
        try:
            await self._hello()
        except ConversationFailed as failed:
            # With TLS 1.3 a server's objection to our side of the handshake arrives only here.
            raise HandshakeFailed(failed.reply) from failed

    async def transact(
        self, copy: QueuedCopy, recipients: Sequence[QueuedRecipient], payload: Payload
    ) -> Handover:
        """Offer ``copy`` for ``recipients``; return what became of each or raise ``ConversationFailed``."""
        self.transactions += 1
        if (refusal := await self._cannot_carry(copy, recipients, payload)) is not None:
            return Handover(tuple(self._outcome(r, refusal) for r in recipients), notifies=False)
        commands = self._commands(copy, recipients, payload)
        try:
            replies = await self._envelope(commands)
        except ChannelLost as lost:
            raise self._lost(lost) from lost
        for reply in replies:
            if reply.code == 421:
                raise self._failed(reply.read())
        return await self._content(recipients, replies, payload)

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
            self._offers = _offers(answer)
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
            raise HandshakeFailed(failed.reply) from failed

    async def _shake_hands(self, context: ssl.SSLContext, server_name: str | None) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(self._settings.tls_timeout):
                transport = await loop.start_tls(
                    self._channel.transport, self._channel, context, server_hostname=server_name
                )
        except (OSError, ssl.SSLError, TimeoutError, ssl.CertificateError) as problem:
            self.close()
            raise HandshakeFailed(
                _ours(451, "4.7.5", f"TLS handshake failed: {_words(problem)}")
            ) from problem
        if transport is None:
            raise self._failed(_ours(451, "4.7.5", "connection closed in the TLS handshake"))
        self._channel.connection_made(transport)
        self.remote = Remote(
            host=self.remote.host,
            ip=self.remote.ip,
            port=self.remote.port,
            tls=_negotiated(transport, verified=context.verify_mode is ssl.CERT_REQUIRED),
        )

    # One transaction.

    async def _cannot_carry(
        self, copy: QueuedCopy, recipients: Sequence[QueuedRecipient], payload: Payload
    ) -> Reply | None:
        """Return why this host can never take the message as it is; None when it can."""
        paths = (copy.reverse_path, *(r.deliver_to for r in recipients))
        if any(_UNSAFE_PATH.search(path) for path in paths):
            return Reply(553, "5.1.3", "address cannot be written in SMTP")
        if not self.offers(Extension.SMTPUTF8):
            if not all(path.isascii() for path in paths):
                return Reply(553, "5.6.7", "the next hop does not take internationalised addresses")
            if copy.smtputf8 and not (await payload.header()).isascii():
                return Reply(554, "5.6.9", "the next hop does not take internationalised header fields")
        if not self.offers(Extension.EIGHT_BIT) and not await payload.is_ascii():
            # Converting would change octets that a signature may cover, so the sender is told.
            return Reply(554, "5.6.3", "the next hop does not take 8-bit content, and conversion is not done")
        limit = self._offers.get(Extension.SIZE, "")
        if limit.isdigit() and 0 < int(limit[:18]) < payload.size:
            return Reply(552, "5.3.4", f"message of {payload.size} octets is larger than the next hop takes")
        return None

    def _commands(
        self, copy: QueuedCopy, recipients: Sequence[QueuedRecipient], payload: Payload
    ) -> list[bytes]:
        commands = [b"RSET\r\n"] if self._needs_reset else []
        commands.append(self._mail(copy, recipients, payload))
        commands.extend(self._rcpt(recipient) for recipient in recipients)
        commands.append(b"DATA\r\n")
        return commands

    def _mail(self, copy: QueuedCopy, recipients: Sequence[QueuedRecipient], payload: Payload) -> bytes:
        words = [f"MAIL FROM:<{copy.reverse_path}>"]
        if self.offers(Extension.SIZE):
            words.append(f"SIZE={payload.size}")
        # Declaring 8 bits for what may have none is right, and saves reading large content twice.
        is_known_ascii = payload.whole is not None and not copy.eight_bit and payload.whole.isascii()
        if self.offers(Extension.EIGHT_BIT) and not is_known_ascii:
            words.append("BODY=8BITMIME")
        if self.offers(Extension.SMTPUTF8) and (
            copy.smtputf8
            or not all(path.isascii() for path in (copy.reverse_path, *(r.deliver_to for r in recipients)))
        ):
            words.append("SMTPUTF8")
        if self.offers(Extension.DSN):
            if copy.ret in ("FULL", "HDRS"):
                words.append(f"RET={copy.ret}")
            if _XTEXT.fullmatch(copy.envid):
                words.append(f"ENVID={copy.envid}")
        return " ".join(words).encode() + b"\r\n"

    def _rcpt(self, recipient: QueuedRecipient) -> bytes:
        words = [f"RCPT TO:<{recipient.deliver_to}>"]
        if self.offers(Extension.DSN):
            if recipient.notify:
                words.append(f"NOTIFY={','.join(recipient.notify)}")
            if _XTEXT.fullmatch(recipient.original):
                words.append(f"ORCPT={recipient.original}")
        return " ".join(words).encode() + b"\r\n"

    async def _envelope(self, commands: list[bytes]) -> list[WireReply]:
        """Send the commands from MAIL to DATA; return their replies, without that to RSET.

        Without PIPELINING commands are not sent any more once nothing can come of them; what they
        would have been answered is what the last one was.
        """
        skip = 1 if self._needs_reset else 0
        self._needs_reset = True
        if self.offers(Extension.PIPELINING):
            self._channel.send(b"".join(commands), len(commands))
            replies = [await self._channel.reply(self._settings.command_timeout) for _ in commands[:-1]]
            replies.append(await self._channel.reply(self._settings.data_timeout))
            return replies[skip:]
        replies = []
        for number, command in enumerate(commands):
            is_data = number == len(commands) - 1
            taken = replies[skip + 1 :]
            if is_data and not any(reply.code // 100 == 2 for reply in taken):
                replies.append(taken[-1])
                break
            self._channel.send(command, 1)
            timeout = self._settings.data_timeout if is_data else self._settings.command_timeout
            replies.append(await self._channel.reply(timeout))
            if replies[-1].code == 421:
                break
            if number == skip and replies[-1].code // 100 != 2:
                # MAIL was refused: nobody is asked about recipients.
                replies.extend([replies[-1]] * (len(commands) - number - 1))
                break
        return replies[skip:]

    async def _content(
        self, recipients: Sequence[QueuedRecipient], replies: list[WireReply], payload: Payload
    ) -> Handover:
        mail, *answers, data = replies
        if mail.code // 100 != 2:
            answers = [mail] * len(recipients)
        taken = [answer.code // 100 == 2 for answer in answers]
        if data.code == 354:
            final = await self._send(payload if any(taken) else None)
        elif data.code // 100 in (4, 5):
            final = data.read()
        else:
            raise self._failed(_ours(451, "4.5.0", f"unexpected answer to DATA: {data.read()}"))
        outcomes = tuple(
            self._outcome(recipient, final if was_taken else _not_taken(answer))
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
        if answer.code // 100 == 2:
            self._needs_reset = False
            return reply
        if answer.code == 421 or answer.code // 100 == 3:
            self.close()
        return reply if answer.code // 100 in (4, 5) else _ours(451, "4.5.0", f"unexpected answer: {reply}")

    async def _stream(self, payload: Payload) -> Reply | None:
        """Send large content a chunk at a time; return an answer that came before its end, else None."""
        form = WireForm()
        is_complete = False
        try:
            async for chunk in payload.chunks():
                await self._channel.drained(self._settings.block_timeout)
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


def _not_taken(answer: WireReply) -> Reply:
    reply = answer.read()
    if answer.code // 100 in (4, 5):
        return reply
    return _ours(451, "4.5.0", f"unexpected answer to the recipient: {reply}")


def _words(problem: BaseException) -> str:
    if isinstance(problem, TimeoutError):
        return "timed out"
    if isinstance(problem, ssl.SSLCertVerificationError):
        return problem.verify_message
    if isinstance(problem, ssl.SSLError):
        return problem.reason or "protocol error"
    return type(problem).__name__


def _offers(answer: WireReply) -> dict[Extension, str]:
    found: dict[Extension, str] = {}
    for line in answer.lines[1:]:
        word, _, parameter = line.decode("latin-1").partition(" ")
        try:
            found[Extension(word.upper())] = parameter.strip(" ")
        except ValueError:
            continue
    return found


def _negotiated(transport: asyncio.Transport, *, verified: bool) -> Tls:
    cipher = transport.get_extra_info("cipher") or ("", "", 0)
    return Tls(protocol=cipher[1] or "", cipher=cipher[0] or "", bits=cipher[2] or 0, verified=verified)

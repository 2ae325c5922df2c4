"""Telling the sender what became of a message: delivery status notifications (RFC 3461, 3464).

A notification goes to a return path that is vouched for, and to nobody else: a forged sender must
not hear of mail that he never sent.  Everything that strangers wrote (addresses, replies, ENVID,
the original header) is made printable ASCII before it becomes part of a line, so that none of it can
start a field or a MIME part of its own.
"""

from __future__ import annotations

import quopri
import re
from collections.abc import Iterator, Sequence
from datetime import datetime
from email.header import Header
from email.utils import format_datetime
from enum import Enum
from uuid import uuid5

from lazaretto.core.identity import MessageId
from lazaretto.core.queued import ComposedMessage, QueuedCopy, QueuedRecipient, RecipientOutcome
from lazaretto.delivery.bounce_text import Language, NoticeText, words_in
from lazaretto.delivery.reason_texts import reason_in
from lazaretto.delivery.reasons import reason_of

MAX_FIELD = 900
"""Characters of one field's value; RFC 5322 lets a line have 998."""
_UNPRINTABLE = re.compile(r"[^\x20-\x7e]")
_UNSAFE_OCTET = re.compile(rb"[^\t\r\n\x20-\x7e]")
_HEX = re.compile(r"\+([0-9A-F]{2})")


class Notice(Enum):
    """What a notification says; the value is the word of its ``Action:`` fields (RFC 3464 §2.3.3)."""

    FAILED = "failed"
    DELAYED = "delayed"
    RELAYED = "relayed"

    @property
    def _condition(self) -> str:
        return {"failed": "FAILURE", "delayed": "DELAY", "relayed": "SUCCESS"}[self.value]

    def text_in(self, language: Language) -> NoticeText:
        """Return its words."""
        return {"failed": language.failed, "delayed": language.delayed, "relayed": language.relayed}[
            self.value
        ]

    def is_wanted(self, recipient: QueuedRecipient) -> bool:
        """Tell whether the sender asked for it, or did not say (RFC 3461 §4.1)."""
        if not recipient.notify:
            return self is not Notice.RELAYED
        return self._condition in recipient.notify


def compose(
    notice: Notice,
    copy: QueuedCopy,
    outcomes: Sequence[RecipientOutcome],
    *,
    original: bytes,
    hostname: str,
    now: datetime,
    languages: Sequence[str] = ("en",),
) -> ComposedMessage | None:
    """Return the notification about ``outcomes``; None where none may be sent or nobody wants one.

    ``original`` is the header of the message, or all of it where that is what is to be returned (see
    ``returns_all``).  The same notice about the same recipients has the same id, however often it is
    composed.  People are told in each of ``languages``, of which the first is the subject's.
    """
    if not copy.reverse_path or not copy.return_path_trusted:
        return None
    by_number = {recipient.number: recipient for recipient in copy.recipients}
    told = [o for o in outcomes if o.number in by_number and notice.is_wanted(by_number[o.number])]
    if not told:
        return None
    numbers = ",".join(str(outcome.number) for outcome in sorted(told, key=lambda o: o.number))
    identity = MessageId(uuid5(copy.lease.message, f"{copy.lease.tenant} {numbers} {notice.value}"))
    message_id = f"<{identity}@{hostname}>"
    subject = notice.text_in(words_in(languages[0])).subject
    boundary = _boundary(identity, original)
    head = _head(copy, subject, message_id, hostname, boundary, now)
    said = [(by_number[outcome.number], outcome) for outcome in told]
    parts = (
        _readable("\r\n".join(_for_people(notice, copy, said, hostname, languages)), languages),
        b"Content-Type: message/delivery-status\r\n\r\n" + _for_programs(notice, copy, said, hostname, now),
        _returned(copy, original),
    )
    mark = b"--" + boundary
    body = b"".join(mark + b"\r\n" + part + b"\r\n" for part in parts) + mark + b"--\r\n"
    return ComposedMessage(
        id=identity,
        tenant=copy.lease.tenant,
        reverse_path="",
        recipients=(copy.reverse_path,),
        octets=head + b"\r\n" + body,
        subject=subject,
        message_id=message_id,
        about=copy.lease.message,
    )


def returns_all(copy: QueuedCopy, notice: Notice) -> bool:
    """Tell whether the sender asked for the whole message back, which failures alone may bring."""
    return copy.ret == "FULL" and notice is Notice.FAILED


def _head(
    copy: QueuedCopy, subject: str, message_id: str, hostname: str, boundary: bytes, now: datetime
) -> bytes:
    fields = (
        f"Date: {format_datetime(now)}",
        f"From: Mail Delivery System <MAILER-DAEMON@{hostname}>",
        f"To: <{_address(copy.reverse_path)}>",
        f"Subject: {_words(subject)}",
        f"Message-ID: {message_id}",
        "Auto-Submitted: auto-replied",
        "MIME-Version: 1.0",
        f'Content-Type: multipart/report; report-type=delivery-status;\r\n boundary="{boundary.decode()}"',
    )
    return _lines(fields)


def _words(text: str) -> str:
    """Return ``text`` as a field may hold it (RFC 2047)."""
    return text if text.isascii() else Header(text, "utf-8").encode(linesep="\r\n")


def _for_people(
    notice: Notice,
    copy: QueuedCopy,
    said: Sequence[tuple[QueuedRecipient, RecipientOutcome]],
    hostname: str,
    languages: Sequence[str],
) -> Iterator[str]:
    for position, language in enumerate(languages):
        if position:
            yield from ("-" * 64, "")
        yield from _in_one_language(notice, copy, said, hostname, language)


def _in_one_language(
    notice: Notice,
    copy: QueuedCopy,
    said: Sequence[tuple[QueuedRecipient, RecipientOutcome]],
    hostname: str,
    language: str,
) -> Iterator[str]:
    words = words_in(language)
    text = notice.text_in(words)
    yield from (words.system.format(host=hostname), "", *text.opening, "")
    if notice is Notice.DELAYED:
        yield from (words.until.format(time=format_datetime(copy.expires_at)), "")
    for recipient, outcome in said:
        yield f"<{_address(recipient.address)}>:"
        if notice is not Notice.RELAYED:
            reason = reason_in(language, reason_of(outcome.reply))
            yield from (f"    {reason.what}", f"    {reason.advice}")
        if outcome.remote.host:
            yield f"    {words.answered.format(host=_value(outcome.remote.host))}"
        yield from (f"    {_value(str(outcome.reply))}", "")
    yield from (*text.closing, "")


def _readable(text: str, languages: Sequence[str]) -> bytes:
    """Return ``text`` as a part that every mail system takes: ASCII, whatever letters are in it."""
    head = f"Content-Language: {', '.join(languages)}\r\n"
    if text.isascii():
        return f"{head}Content-Type: text/plain; charset=us-ascii\r\n\r\n{text}".encode("ascii")
    coded = quopri.encodestring(text.replace("\r\n", "\n").encode("utf-8")).replace(b"\n", b"\r\n")
    head += "Content-Type: text/plain; charset=utf-8\r\nContent-Transfer-Encoding: quoted-printable\r\n\r\n"
    return head.encode("ascii") + coded


def _for_programs(
    notice: Notice,
    copy: QueuedCopy,
    said: Sequence[tuple[QueuedRecipient, RecipientOutcome]],
    hostname: str,
    now: datetime,
) -> bytes:
    lines = [f"Reporting-MTA: dns; {hostname}"]
    if copy.envid:
        lines.insert(0, f"Original-Envelope-Id: {_value(_from_xtext(copy.envid))}")
    lines.append(f"Arrival-Date: {format_datetime(copy.received_at)}")
    for recipient, outcome in said:
        lines.append("")
        if recipient.original:
            kind, _, address = recipient.original.partition(";")
            lines.append(f"Original-Recipient: {_value(kind)}; {_value(_from_xtext(address))}")
        lines.append(f"Final-Recipient: rfc822; {_address(recipient.address)}")
        lines.append(f"Action: {notice.value}")
        lines.append(f"Status: {_status(notice, outcome)}")
        if outcome.remote.host:
            lines.append(f"Remote-MTA: dns; {_value(outcome.remote.host)}")
            lines.append(f"Diagnostic-Code: smtp; {_value(str(outcome.reply))}")
        lines.append(f"Last-Attempt-Date: {format_datetime(now)}")
        if notice is Notice.DELAYED:
            lines.append(f"Will-Retry-Until: {format_datetime(copy.expires_at)}")
    return _lines(lines)


def _returned(copy: QueuedCopy, original: bytes) -> bytes:
    printable = _UNSAFE_OCTET.sub(b"?", original)
    text = printable.replace(b"\r\n", b"\n").replace(b"\r", b" ").replace(b"\n", b"\r\n")
    # Only a whole message has the empty line that ends a header; one whose octets had to be
    # replaced is shown as text, for it is not the message any more.
    is_whole = b"\r\n\r\n" in text and copy.ret == "FULL" and printable == original
    kind = b"message/rfc822" if is_whole else b"text/rfc822-headers"
    if not is_whole:
        text = text.partition(b"\r\n\r\n")[0] + b"\r\n"
    return b"Content-Type: " + kind + b"\r\n\r\n" + text


def _status(notice: Notice, outcome: RecipientOutcome) -> str:
    wanted = {Notice.FAILED: "5", Notice.DELAYED: "4", Notice.RELAYED: "2"}[notice]
    if outcome.reply.enhanced:
        return wanted + outcome.reply.enhanced[1:]
    return f"{wanted}.0.0"


def _boundary(identity: MessageId, original: bytes) -> bytes:
    boundary = b"=_" + identity.hex.encode()
    while boundary in original:
        boundary += b"_"
    return boundary


def _from_xtext(text: str) -> str:
    return _HEX.sub(lambda match: chr(int(match[1], 16)), text)


def _value(text: str) -> str:
    return _UNPRINTABLE.sub("?", text)[:MAX_FIELD]


def _address(address: str) -> str:
    """Return ``address`` for a line of ASCII; what cannot stand there is shown as RFC 6533 §3 shows it."""
    shown = "".join(c if c.isascii() else f"\\x{{{ord(c):X}}}" for c in address)
    return _value(shown)


def _lines(lines: Sequence[str]) -> bytes:
    return "".join(f"{line}\r\n" for line in lines).encode("ascii")

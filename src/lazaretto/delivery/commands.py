"""What is said from MAIL to DATA, and whether it can be said to a given host at all."""

from __future__ import annotations

import re
from collections.abc import Sequence

from lazaretto.core.queued import QueuedCopy, QueuedRecipient
from lazaretto.core.reply import Reply
from lazaretto.delivery.extensions import Extension, Offers
from lazaretto.delivery.payload import Payload

_SAFE_PATH = re.compile(
    r"""[^\x00-\x20\x7f<>"]*"""
    # A quoted local part may hold anything but control characters (RFC 5321 §4.1.2).
    r"""|"(?:[^"\\\x00-\x1f\x7f]|\\[\x20-\x7e])*"@[^\x00-\x20\x7f<>"]+"""
)
_XTEXT = re.compile(r"[\x21-\x7e]{1,500}")


async def obstacle(
    offers: Offers, copy: QueuedCopy, recipients: Sequence[QueuedRecipient], payload: Payload
) -> Reply | None:
    """Return why a host with these ``offers`` can never take the message as it is; None when it can."""
    paths = _paths(copy, recipients)
    if not all(_SAFE_PATH.fullmatch(path) for path in paths):
        return Reply(553, "5.1.3", "address cannot be written in SMTP")
    if not offers.has(Extension.SMTPUTF8):
        if not _is_ascii(paths):
            return Reply(553, "5.6.7", "the next hop does not take internationalised addresses")
        if copy.smtputf8 and not (await payload.header()).isascii():
            return Reply(554, "5.6.9", "the next hop does not take internationalised header fields")
    if not offers.has(Extension.EIGHT_BIT) and not await payload.is_ascii():
        # Converting would change octets that a signature may cover, so the sender is told.
        return Reply(554, "5.6.3", "the next hop does not take 8-bit content, and conversion is not done")
    if 0 < offers.size_limit < payload.size:
        return Reply(552, "5.3.4", f"message of {payload.size} octets is larger than the next hop takes")
    return None


def envelope_commands(
    offers: Offers, copy: QueuedCopy, recipients: Sequence[QueuedRecipient], payload: Payload
) -> list[bytes]:
    """Return the commands from MAIL to DATA with the parameters that ``offers`` allow."""
    commands = [_mail(offers, copy, recipients, payload)]
    commands.extend(_rcpt(offers, recipient) for recipient in recipients)
    commands.append(b"DATA\r\n")
    return commands


def _mail(offers: Offers, copy: QueuedCopy, recipients: Sequence[QueuedRecipient], payload: Payload) -> bytes:
    words = [f"MAIL FROM:<{copy.reverse_path}>"]
    if offers.has(Extension.SIZE):
        words.append(f"SIZE={payload.size}")
    if offers.has(Extension.EIGHT_BIT) and (copy.eight_bit or not payload.is_known_ascii):
        words.append("BODY=8BITMIME")
    if offers.has(Extension.SMTPUTF8) and (copy.smtputf8 or not _is_ascii(_paths(copy, recipients))):
        words.append("SMTPUTF8")
    if offers.has(Extension.DSN):
        if copy.ret in ("FULL", "HDRS"):
            words.append(f"RET={copy.ret}")
        if _XTEXT.fullmatch(copy.envid):
            words.append(f"ENVID={copy.envid}")
    return " ".join(words).encode() + b"\r\n"


def _rcpt(offers: Offers, recipient: QueuedRecipient) -> bytes:
    words = [f"RCPT TO:<{recipient.deliver_to}>"]
    if offers.has(Extension.DSN):
        if recipient.notify:
            words.append(f"NOTIFY={','.join(recipient.notify)}")
        if _XTEXT.fullmatch(recipient.original):
            words.append(f"ORCPT={recipient.original}")
    return " ".join(words).encode() + b"\r\n"


def _paths(copy: QueuedCopy, recipients: Sequence[QueuedRecipient]) -> list[str]:
    return [copy.reverse_path, *(recipient.deliver_to for recipient in recipients)]


def _is_ascii(paths: Sequence[str]) -> bool:
    return all(path.isascii() for path in paths)

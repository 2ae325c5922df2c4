"""Asking a validating resolver, and hearing whether it verified the signatures (RFC 4035, RFC 6840 §5.8).

The library that asks everything else does not pass the AD bit on.  The bit is worth as much as the way
to the resolver: it should run on this machine.  Questions go over TCP, one connection each: they are
few, and no answer is cut off or slipped in from elsewhere.
"""

from __future__ import annotations

import asyncio
import ipaddress
import secrets
import struct
from collections.abc import Callable
from dataclasses import dataclass
from enum import IntEnum
from typing import Final

from lazaretto.core.facts import DnsAnswer, DnsStatus
from lazaretto.protocol.dns_cache import AnswerCache
from lazaretto.protocol.dns_names import question_name
from lazaretto.protocol.settings import DnsSettings

MOST_QUESTIONS: Final = 100
"""Under way at once; further ones wait within their time."""
MOST_RECORDS: Final = 200
_MOST_POINTERS = 64
_RECURSE, _AUTHENTIC, _CUT_OFF, _IS_ANSWER = 0x0100, 0x0020, 0x0200, 0x8000
_INTERNET = 1


class Kind(IntEnum):
    """Types of records that can be asked for."""

    A = 1
    CNAME = 5
    MX = 15
    AAAA = 28
    TLSA = 52


class _Malformed(ValueError):
    """Octets are no answer to our question."""


class ValidatingResolver:
    """Implements ``core.facts.Resolver`` for the kinds that DANE needs."""

    def __init__(self, server: str, settings: DnsSettings | None = None) -> None:
        self._ip, self._port = _address_of(server)
        self._settings = settings or DnsSettings()
        self._cache = AnswerCache(self._settings)
        self._places = asyncio.Semaphore(MOST_QUESTIONS)

    async def ask(self, name: str, kind: str) -> DnsAnswer:
        """Return the records of ``kind`` at ``name``, and whether they are authentic."""
        asked = question_name(name)
        if asked is None or kind not in Kind.__members__:
            return DnsAnswer(DnsStatus.NO_DOMAIN)
        now = asyncio.get_running_loop().time()
        known = self._cache.find(asked, kind, now)
        if known is not None:
            return known
        answer = await self._find_out(asked, Kind[kind])
        self._cache.keep(asked, kind, answer, now)
        return answer

    async def _find_out(self, name: str, kind: Kind) -> DnsAnswer:
        try:
            async with asyncio.timeout(self._settings.question_limit), self._places:
                number = secrets.randbelow(0x10000)
                question = _question(name, kind)
                return _read(await self._exchange(number, question), number, question, kind)
        except TimeoutError:
            return DnsAnswer(DnsStatus.TIMEOUT)
        except (OSError, asyncio.IncompleteReadError, _Malformed):
            return DnsAnswer(DnsStatus.SERVER_FAILURE)

    async def _exchange(self, number: int, question: bytes) -> bytes:
        reader, writer = await asyncio.open_connection(self._ip, self._port)
        try:
            head = struct.pack("!6H", number, _RECURSE | _AUTHENTIC, 1, 0, 0, 0)
            writer.write(struct.pack("!H", len(head + question)) + head + question)
            (length,) = struct.unpack("!H", await reader.readexactly(2))
            return await reader.readexactly(length)
        finally:
            writer.transport.abort()


@dataclass(frozen=True, slots=True)
class _Record:
    """One record of an answer; ``start`` is where its data begins in the message."""

    kind: int
    ttl: int
    start: int
    data: bytes


def _address_of(server: str) -> tuple[str, int]:
    """Return address and port of ``192.0.2.53``, ``192.0.2.53:5353`` or ``[2001:db8::53]:5353``."""
    try:
        return str(ipaddress.ip_address(server)), 53
    except ValueError:
        ip, _, port = server.rpartition(":")
        return str(ipaddress.ip_address(ip.strip("[]"))), int(port)


def _question(name: str, kind: Kind) -> bytes:
    labels = [label.encode("ascii") for label in name.split(".")]
    return b"".join(bytes((len(label),)) + label for label in labels) + struct.pack(
        "!BHH", 0, kind, _INTERNET
    )


def _read(message: bytes, number: int, question: bytes, kind: Kind) -> DnsAnswer:
    try:
        their_number, flags, questions, answers, _, _ = struct.unpack_from("!6H", message)
        body = 12 + len(question)
        is_ours = their_number == number and questions == 1 and flags & _IS_ANSWER and not flags & _CUT_OFF
        if not is_ours or message[12:body].lower() != question.lower():
            raise _Malformed("another question's answer")
        code = flags & 0x000F
        if code not in (0, 3):
            return DnsAnswer(DnsStatus.SERVER_FAILURE)
        is_authentic = bool(flags & _AUTHENTIC)
        if code == 3:
            return DnsAnswer(DnsStatus.NO_DOMAIN, authentic=is_authentic)
        found = _records(message, body, min(answers, MOST_RECORDS))
        texts = tuple(_TEXT_OF[kind](message, record) for record in found if record.kind == kind)
    except (struct.error, IndexError, UnicodeDecodeError, ValueError) as failure:
        raise _Malformed("cannot be read") from failure
    if not texts:
        return DnsAnswer(DnsStatus.NO_DATA, authentic=is_authentic)
    ttl = min(record.ttl for record in found)
    return DnsAnswer(DnsStatus.ANSWER, texts, ttl, authentic=is_authentic)


def _records(message: bytes, at: int, count: int) -> list[_Record]:
    records = []
    for _ in range(count):
        _, at = _name(message, at)
        kind, _, ttl, length = struct.unpack_from("!HHIH", message, at)
        at += 10
        data = message[at : at + length]
        if len(data) != length:
            raise _Malformed("a record is cut off")
        records.append(_Record(kind, ttl if ttl < 2**31 else 0, at, data))
        at += length
    return records


def _name(message: bytes, at: int) -> tuple[str, int]:
    """Return the name at ``at`` and where what follows it begins; pointers may not lead forward."""
    labels: list[str] = []
    behind = 0
    for _ in range(_MOST_POINTERS + 128):
        length = message[at]
        if length == 0:
            return ".".join(labels).lower(), behind or at + 1
        if length >= 0xC0:
            target = (length & 0x3F) << 8 | message[at + 1]
            if target >= at:
                raise _Malformed("a name points forward")
            behind = behind or at + 2
            at = target
            continue
        if length > 63:
            raise _Malformed("a label of an unknown kind")
        labels.append(message[at + 1 : at + 1 + length].decode("ascii"))
        at += 1 + length
    raise _Malformed("a name without end")


def _mx(message: bytes, record: _Record) -> str:
    (preference,) = struct.unpack_from("!H", record.data)
    return f"{preference} {_name(message, record.start + 2)[0]}".rstrip()


def _tlsa(message: bytes, record: _Record) -> str:
    del message
    usage, selector, matching = record.data[:3]
    return f"{usage} {selector} {matching} {record.data[3:].hex()}"


_TEXT_OF: Final[dict[Kind, Callable[[bytes, _Record], str]]] = {
    Kind.A: lambda _, record: str(ipaddress.IPv4Address(record.data)),
    Kind.AAAA: lambda _, record: str(ipaddress.IPv6Address(record.data)),
    Kind.CNAME: lambda message, record: _name(message, record.start)[0],
    Kind.MX: _mx,
    Kind.TLSA: _tlsa,
}

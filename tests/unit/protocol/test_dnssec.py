"""A validating resolver's word about signatures arrives; whatever else it sends is no answer."""

from __future__ import annotations

import asyncio
import struct
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager

import dns.flags
import dns.message
import dns.rrset
import pytest

from lazaretto.core.facts import DnsAnswer, DnsStatus
from lazaretto.protocol.dnssec import ValidatingResolver
from lazaretto.protocol.settings import DnsSettings

Answering = Callable[[dns.message.Message], bytes | None]


@asynccontextmanager
async def resolving(
    answering: Answering,
) -> AsyncIterator[tuple[ValidatingResolver, list[dns.message.Message]]]:
    """Ask a server on this machine that answers each question as a test says."""
    questions: list[dns.message.Message] = []

    async def serve(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        (length,) = struct.unpack("!H", await reader.readexactly(2))
        questions.append(dns.message.from_wire(await reader.readexactly(length)))
        answer = answering(questions[-1])
        if answer is not None:
            writer.write(struct.pack("!H", len(answer)) + answer)
            await writer.drain()
            writer.close()
        else:
            await reader.read()
            writer.close()

    server = await asyncio.start_server(serve, "127.0.0.1", 0)
    async with server:
        port = server.sockets[0].getsockname()[1]
        yield ValidatingResolver(f"127.0.0.1:{port}", DnsSettings(question_limit=0.5)), questions


def with_records(*records: tuple[str, str, str], flags: int = dns.flags.AD, code: int = 0) -> Answering:
    def answer(question: dns.message.Message) -> bytes:
        response = dns.message.make_response(question, recursion_available=True)
        response.flags |= flags
        response.set_rcode(code)
        for name, kind, text in records:
            response.answer.append(dns.rrset.from_text(name, 300, "IN", kind, text))
        return response.to_wire()

    return answer


@pytest.mark.parametrize(
    ("kind", "text", "shown"),
    [
        ("A", "192.0.2.1", "192.0.2.1"),
        ("AAAA", "2001:db8::1", "2001:db8::1"),
        ("MX", "10 MX.a.example.", "10 mx.a.example"),
        ("MX", "0 .", "0"),
        ("TLSA", "3 1 1 " + "ab" * 32, "3 1 1 " + "ab" * 32),
    ],
)
@pytest.mark.parametrize("flags", [0, dns.flags.AD])
async def test_records_come_with_the_word_about_their_signatures(
    kind: str, text: str, shown: str, flags: int
) -> None:
    async with resolving(with_records(("a.example.", kind, text), flags=flags)) as (resolver, questions):
        answer = await resolver.ask("A.example", kind)

    assert answer == DnsAnswer(DnsStatus.ANSWER, (shown,), 300, authentic=bool(flags))
    assert questions[0].flags & dns.flags.AD
    assert questions[0].flags & dns.flags.RD


async def test_an_alias_on_the_way_is_followed_by_the_resolver() -> None:
    records = (("a.example.", "CNAME", "b.example."), ("b.example.", "A", "192.0.2.1"))
    async with resolving(with_records(*records)) as (resolver, _):
        assert (await resolver.ask("a.example", "A")).records == ("192.0.2.1",)


async def test_an_answer_is_remembered() -> None:
    async with resolving(with_records(("a.example.", "A", "192.0.2.1"))) as (resolver, questions):
        for _ in range(3):
            await resolver.ask("a.example", "A")

    assert len(questions) == 1


@pytest.mark.parametrize(
    ("answering", "status"),
    [
        pytest.param(with_records(), DnsStatus.NO_DATA, id="no such record"),
        pytest.param(with_records(code=3), DnsStatus.NO_DOMAIN, id="no such name"),
        pytest.param(with_records(code=2), DnsStatus.SERVER_FAILURE, id="forged, says the resolver"),
        pytest.param(with_records(code=5), DnsStatus.SERVER_FAILURE, id="refused"),
        pytest.param(with_records(flags=dns.flags.TC), DnsStatus.SERVER_FAILURE, id="cut off"),
        pytest.param(lambda question: question.to_wire(), DnsStatus.SERVER_FAILURE, id="no answer at all"),
        pytest.param(lambda question: b"", DnsStatus.SERVER_FAILURE, id="empty"),
        pytest.param(lambda question: None, DnsStatus.TIMEOUT, id="silence"),
        pytest.param(
            lambda question: with_records(("a.example.", "A", "192.0.2.1"))(
                dns.message.make_query("b.example", "A", id=question.id)
            ),
            DnsStatus.SERVER_FAILURE,
            id="another question",
        ),
        pytest.param(
            lambda question: with_records(("a.example.", "A", "192.0.2.1"))(question)[:-2],
            DnsStatus.SERVER_FAILURE,
            id="a record without its end",
        ),
    ],
)
async def test_what_is_no_answer_is_told_apart(answering: Answering, status: DnsStatus) -> None:
    async with resolving(answering) as (resolver, _):
        assert (await resolver.ask("a.example", "A")).status is status


@pytest.mark.parametrize("pointer", [b"\xc0\x1b", b"\xc0\xff", b"\xff\xff", b"\x80\x01"])
async def test_a_name_that_leads_nowhere_ends(pointer: bytes) -> None:
    def answer(question: dns.message.Message) -> bytes:
        wire = bytearray(dns.message.make_response(question).to_wire())
        wire[6:8] = b"\x00\x01"
        return bytes(wire) + pointer + struct.pack("!HHIH", 1, 1, 300, 4) + b"\x7f\x00\x00\x01"

    async with resolving(answer) as (resolver, _):
        assert (await resolver.ask("a.example", "A")).status is DnsStatus.SERVER_FAILURE


async def test_a_server_that_is_not_there_is_a_failure() -> None:
    assert (await ValidatingResolver("127.0.0.1:1").ask("a.example", "A")).failed

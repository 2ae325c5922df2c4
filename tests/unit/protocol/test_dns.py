"""Questions are bounded in time and number, remembered, and end without exception whatever happens."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

import dns.flags
import dns.message
import dns.rcode
import dns.rdatatype
import dns.rrset
import pytest
import uvloop

from lazaretto.core.facts import DnsAnswer, DnsStatus
from lazaretto.protocol import dns as dns_module
from lazaretto.protocol.dns import SystemResolver
from lazaretto.protocol.dns_names import hostname_of
from lazaretto.protocol.settings import DnsSettings

QUICK = {"question_limit": 0.3, "tries": 1, "silence_after": 3, "silence_retry": 0.05}

ZONE = {
    ("a.example", "TXT"): ['"v=spf1 " "-all"', '"caf\\233"'],
    ("a.example", "A"): ["192.0.2.1", "192.0.2.2"],
    ("a.example", "AAAA"): ["2001:db8::1"],
    ("a.example", "MX"): ["10 MX1.a.example.", "20 mx2.a.example."],
    ("null.example", "MX"): ["0 ."],
    ("_25._tcp.a.example", "TLSA"): ["3 1 1 " + "ab" * 32],
    ("a.example", "CAA"): ['0 issue "ca.example"'],
    ("alias.example", "CNAME"): ["a.example."],
    ("1.2.0.192.in-addr.arpa", "PTR"): ["liar.example.", "a.example."],
    ("liar.example", "A"): ["203.0.113.5"],
    ("xn--bcher-kva.example", "A"): ["192.0.2.7"],
}


class Server(asyncio.DatagramProtocol):
    """A name server on loopback; ``silent`` names get no answer, all of them when ``dead``."""

    def __init__(self) -> None:
        self.asked: Counter[tuple[str, str]] = Counter()
        self.silent: set[str] = set()
        self.dead = False
        self.transport: asyncio.DatagramTransport | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.transport = transport  # type: ignore[assignment]

    def datagram_received(self, data: bytes, addr: object) -> None:
        query = dns.message.from_wire(data)
        question = query.question[0]
        name = question.name.to_text(omit_final_dot=True).lower()
        kind = dns.rdatatype.to_text(question.rdtype)
        self.asked[(name, kind)] += 1
        if self.dead or name in self.silent:
            return
        assert self.transport is not None
        self.transport.sendto(self._answer(query, name, kind).to_wire(), addr)  # type: ignore[arg-type]

    def _answer(self, query: dns.message.Message, name: str, kind: str) -> dns.message.Message:
        answer = dns.message.make_response(query)
        answer.flags |= dns.flags.RA
        if name.startswith("broken"):
            answer.set_rcode(dns.rcode.SERVFAIL)
        elif not any(known == name for known, _ in ZONE) and name != ".":
            answer.set_rcode(dns.rcode.NXDOMAIN)
        alias = ZONE.get((name, "CNAME"))
        if alias:
            answer.answer.append(dns.rrset.from_text(name + ".", 60, "IN", "CNAME", *alias))
            name = alias[0].rstrip(".")
        records = ZONE.get((name, kind))
        if records and not (alias and kind == "CNAME"):
            answer.answer.append(dns.rrset.from_text(name + ".", 60, "IN", kind, *records))
        return answer


@asynccontextmanager
async def asking(**settings: object) -> AsyncIterator[tuple[SystemResolver, Server]]:
    loop = asyncio.get_running_loop()
    transport, server = await loop.create_datagram_endpoint(Server, local_addr=("127.0.0.1", 0))
    port = transport.get_extra_info("sockname")[1]
    resolver = SystemResolver(DnsSettings(servers=(f"127.0.0.1:{port}",), **(QUICK | settings)))  # type: ignore[arg-type]
    try:
        yield resolver, server
    finally:
        await resolver.close()
        transport.close()


@pytest.mark.parametrize(
    ("name", "kind", "records"),
    [
        ("a.example", "TXT", ("v=spf1 -all", "caf\xe9")),
        ("A.Example.", "A", ("192.0.2.1", "192.0.2.2")),
        ("a.example", "AAAA", ("2001:db8::1",)),
        ("a.example", "MX", ("10 mx1.a.example", "20 mx2.a.example")),
        ("null.example", "MX", ("0",)),
        ("_25._tcp.a.example", "TLSA", ("3 1 1 " + "ab" * 32,)),
        ("a.example", "CAA", ('0 issue "ca.example"',)),
        ("alias.example", "A", ("192.0.2.1", "192.0.2.2")),
        ("1.2.0.192.in-addr.arpa", "PTR", ("liar.example", "a.example")),
        pytest.param("bücher.example", "A", ("192.0.2.7",), id="IDN"),
    ],
)
async def test_answers_are_in_presentation_form(name: str, kind: str, records: tuple[str, ...]) -> None:
    async with asking() as (resolver, _):
        answer = await resolver.ask(name, kind)

    assert answer.status is DnsStatus.ANSWER
    assert sorted(answer.records) == sorted(records)
    assert 0 < answer.ttl <= 60


@pytest.mark.parametrize(
    ("name", "kind", "status"),
    [
        ("nowhere.example", "A", DnsStatus.NO_DOMAIN),
        ("null.example", "A", DnsStatus.NO_DATA),
        ("broken.example", "A", DnsStatus.SERVER_FAILURE),
        ("a..example", "A", DnsStatus.NO_DOMAIN),
        ("x" * 64 + ".example", "A", DnsStatus.NO_DOMAIN),
        ("sel\x00ector.example", "TXT", DnsStatus.NO_DOMAIN),
        ("back\\slash.example", "TXT", DnsStatus.NO_DOMAIN),
        ("", "A", DnsStatus.NO_DOMAIN),
    ],
)
async def test_what_is_not_there_has_its_own_status(name: str, kind: str, status: DnsStatus) -> None:
    async with asking() as (resolver, _):
        assert await resolver.ask(name, kind) == DnsAnswer(status)


async def test_an_answer_is_remembered_and_simultaneous_questions_are_one() -> None:
    async with asking() as (resolver, server):
        await asyncio.gather(*(resolver.ask("a.example", "A") for _ in range(20)))
        await resolver.ask("A.example", "A")
        await resolver.ask("nowhere.example", "A")
        await resolver.ask("nowhere.example", "A")

    assert server.asked[("a.example", "A")] == 1
    assert server.asked[("nowhere.example", "A")] == 1


async def test_one_who_gives_up_does_not_take_the_answer_from_others() -> None:
    async with asking() as (resolver, _):
        hasty = asyncio.ensure_future(resolver.ask("a.example", "A"))
        patient = asyncio.ensure_future(resolver.ask("a.example", "A"))
        await asyncio.sleep(0)
        hasty.cancel()

        assert (await patient).records


async def test_the_library_below_is_opened_anew_now_and_then(monkeypatch: pytest.MonkeyPatch) -> None:
    """It remembers answers by itself and without a bound."""
    monkeypatch.setattr(dns_module, "CHANNEL_LIFETIME", 2)
    async with asking(cache_size=0) as (resolver, server):
        for _ in range(6):
            assert (await resolver.ask("a.example", "A")).records

    assert server.asked[("a.example", "A")] >= 3


async def test_a_question_without_answer_ends_in_time() -> None:
    async with asking() as (resolver, server):
        server.silent.add("slow.example")
        started = time.monotonic()

        answer = await resolver.ask("slow.example", "A")

    assert answer.status is DnsStatus.TIMEOUT
    assert time.monotonic() - started < 2


async def until(condition: Callable[[], bool]) -> None:
    async with asyncio.timeout(60):
        while not condition():
            await asyncio.sleep(0.01)


async def test_silent_resolvers_cost_next_to_nothing_and_are_found_again() -> None:
    async with asking() as (resolver, server):
        server.dead = True
        await asyncio.gather(*(resolver.ask(f"n{i}.example", "A") for i in range(3)))
        await until(lambda: resolver.is_silent)
        started = time.monotonic()
        for i in range(1000):
            assert (await resolver.ask(f"m{i}.example", "A")).status is DnsStatus.TIMEOUT
        assert time.monotonic() - started < 0.2

        server.dead = False
        await until(lambda: not resolver.is_silent)

        assert (await resolver.ask("a.example", "A")).records


async def test_a_stranger_with_silent_names_cannot_switch_off_the_dns() -> None:
    async with asking() as (resolver, server):
        server.silent |= {f"n{i}.example" for i in range(6)}
        await asyncio.gather(*(resolver.ask(f"n{i}.example", "A") for i in range(6)))
        await until(lambda: server.asked[(".", "NS")] > 0)

        assert not resolver.is_silent
        assert (await resolver.ask("a.example", "A")).records


async def test_a_host_name_must_lead_back_to_the_address() -> None:
    async with asking() as (resolver, _):
        assert await hostname_of("192.0.2.1", resolver) == "a.example"
        assert await hostname_of("::ffff:192.0.2.1", resolver) == "a.example"
        assert await hostname_of("192.0.2.9", resolver) == ""
        assert await hostname_of("not an address", resolver) == ""


def test_it_works_under_uvloop() -> None:
    async def ask() -> DnsAnswer:
        async with asking() as (resolver, _):
            return await resolver.ask("a.example", "MX")

    def run(main: Awaitable[DnsAnswer]) -> DnsAnswer:
        loop = uvloop.new_event_loop()
        try:
            return loop.run_until_complete(main)
        finally:
            loop.close()

    assert sorted(run(ask()).records) == ["10 mx1.a.example", "20 mx2.a.example"]

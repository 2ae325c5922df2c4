"""``check_host`` spends no more than it may, and agrees with another implementation."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from typing import Any

import pytest
import spf as other_implementation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from lazaretto.core.facts import AuthResult, DnsAnswer, DnsStatus, Spf
from lazaretto.detect.authentication import spf
from lazaretto.detect.authentication.spf import check_host
from lazaretto.detect.authentication.spf_record import parse

Zone = dict[tuple[str, str], tuple[str, ...]]


class Names:
    """Answers from a zone, and counts."""

    def __init__(self, zone: Zone, *, delay: float = 0) -> None:
        self._zone = zone
        self._delay = delay
        self.asked: Counter[tuple[str, str]] = Counter()

    async def ask(self, name: str, kind: str) -> DnsAnswer:
        self.asked[(name, kind)] += 1
        if self._delay:
            await asyncio.sleep(self._delay)
        records = self._zone.get((name.lower(), kind))
        return DnsAnswer(DnsStatus.ANSWER, records, 60) if records else DnsAnswer(DnsStatus.NO_DOMAIN)


async def checked(zone: Zone, *, ip: str = "192.0.2.1", sender: str = "ann@a.example") -> Spf:
    return await check_host(ip=ip, reverse_path=sender, helo="helo.example", resolver=Names(zone))


async def test_the_directive_that_matched_is_named() -> None:
    outcome = await checked({("a.example", "TXT"): ("v=spf1 ip4:192.0.2.0/24 -all",)})

    assert outcome == Spf(result=AuthResult.PASS, domain="a.example", mechanism="ip4:192.0.2.0/24")


async def test_the_null_reverse_path_is_checked_by_its_greeting() -> None:
    outcome = await checked({("helo.example", "TXT"): ("v=spf1 -all",)}, sender="")

    assert (outcome.result, outcome.domain) == (AuthResult.FAIL, "helo.example")


@pytest.mark.parametrize(
    "sender",
    ["x@[192.0.2.1]", "x@localhost", "x@a..example", "any@legitimate.com(a.attack.com", "x@a\x00.example"],
)
async def test_what_is_no_domain_is_not_checked(sender: str) -> None:
    assert await checked({}, sender=sender) == Spf()


async def test_an_address_that_is_none_is_not_checked() -> None:
    assert await checked({("a.example", "TXT"): ("v=spf1 +all",)}, ip="nonsense") == Spf()


async def test_a_loop_of_includes_ends_after_ten_questions() -> None:
    names = Names({("a.example", "TXT"): ("v=spf1 include:a.example -all",)})

    outcome = await check_host(ip="192.0.2.1", reverse_path="x@a.example", helo="h", resolver=names)

    assert outcome.result is AuthResult.PERMERROR
    assert sum(names.asked.values()) <= 11


async def test_a_record_cannot_make_us_ask_for_its_victim() -> None:
    """Amplification: many MX records, each a question to somebody else's servers."""
    names = Names(
        {
            ("a.example", "TXT"): ("v=spf1 " + " ".join(f"mx:m{i}.example" for i in range(40)) + " -all",),
            **{
                (f"m{i}.example", "MX"): tuple(f"10 {j}.victim.example" for j in range(50)) for i in range(40)
            },
        }
    )

    outcome = await check_host(ip="192.0.2.1", reverse_path="x@a.example", helo="h", resolver=names)

    assert outcome.result is AuthResult.PERMERROR
    assert sum(names.asked.values()) <= 2


async def test_two_questions_without_answer_are_forgiven_and_no_more() -> None:
    void = [f"a:v{i}.example" for i in range(3)]
    zone = {("a.example", "TXT"): (f"v=spf1 {' '.join(void[:2])} +all",)}
    more = {("a.example", "TXT"): (f"v=spf1 {' '.join(void)} +all",)}

    assert (await checked(zone)).result is AuthResult.PASS
    assert (await checked(more)).result is AuthResult.PERMERROR


async def test_time_is_limited(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(spf, "TIME_LIMIT", 0.05)
    names = Names({("a.example", "TXT"): ("v=spf1 include:a.example -all",)}, delay=0.02)

    outcome = await check_host(ip="192.0.2.1", reverse_path="x@a.example", helo="h", resolver=names)

    assert outcome.result is AuthResult.TEMPERROR


async def test_a_local_part_outside_ascii_is_never_part_of_a_name() -> None:
    zone = {("a.example", "TXT"): ("v=spf1 exists:%{l}.a.example -all",)}

    assert (await checked(zone, sender="é@a.example")).result is AuthResult.FAIL


async def test_an_idn_is_asked_by_its_a_label() -> None:
    zone = {("xn--bcher-kva.example", "TXT"): ("v=spf1 +all",)}

    outcome = await checked(zone, sender="é@bücher.example")

    assert (outcome.result, outcome.domain) == (AuthResult.PASS, "xn--bcher-kva.example")


async def test_an_explanation_is_plain_text_of_bounded_length() -> None:
    zone = {
        ("a.example", "TXT"): ("v=spf1 -all exp=why.a.example",),
        ("why.a.example", "TXT"): ("See http://%{d}/?" + "x" * 1500 + "%{c}",),
    }

    outcome = await checked(zone)

    assert outcome.explanation.startswith("See http://a.example/?xxx")
    assert len(outcome.explanation) <= 500


async def test_a_long_name_loses_labels_from_the_left() -> None:
    names = Names({("a.example", "TXT"): ("v=spf1 exists:" + "%{l}." * 20 + "a.example -all",)})

    await check_host(ip="192.0.2.1", reverse_path="abcdefghi.k@a.example", helo="h", resolver=names)

    (asked,) = [name for name, kind in names.asked if kind == "A"]
    assert 240 < len(asked) <= 253
    assert asked.startswith(("k.", "abcdefghi."))
    assert asked.endswith(".k.a.example")


async def test_macros_without_end_cost_little() -> None:
    zone = {("a.example", "TXT"): ("v=spf1 exists:" + "%{s}" * 4000 + " -all",)}
    started = time.process_time()

    assert (await checked(zone, sender="a." * 31 + "a@a.example")).result is AuthResult.FAIL
    assert time.process_time() - started < 0.5


WRITTEN = """
a -a ~mx mx/24 a:b.example a:b.example/24//64 ip4:192.0.2.0/24 -ip4:192.0.2.1 ip4:192.0.2.300
ip6:2001:db8::/32 ip6:::1/129 include:b.example ?include:c.example include:none.example
exists:%{i}.b.example exists:%{ir}.%{v}.x.b.example ptr ptr:b.example redirect=b.example
redirect=none.example exp=b.example x=y all -all ~all ?all all:x foo a:%{x} a:%{d1r}.example
a:%%.example mx: ip4 A:B.example a/33 a//129
"""
TERMS = st.sampled_from(WRITTEN.split())
ZONE: Zone = {
    ("a.example", "A"): ("203.0.113.7",),
    ("a.example", "MX"): ("10 mail.a.example",),
    ("mail.a.example", "A"): ("192.0.2.77",),
    ("b.example", "A"): ("192.0.2.1", "198.51.100.1"),
    ("b.example", "AAAA"): ("2001:db8::1",),
    ("b.example", "TXT"): ("v=spf1 ip4:198.51.100.0/24 ip6:2001:db8::/64 ~all",),
    ("c.example", "TXT"): ("v=spf1 a:b.example -all",),
    ("192.0.2.1.b.example", "A"): ("127.0.0.2",),
    ("1.2.0.192.in-addr.arpa", "PTR"): ("b.example",),
    ("1.2.0.192.in-addr.x.b.example", "A"): ("127.0.0.2",),
}


def _their_lookup(zone: Zone) -> Any:
    def look(name: str, kind: str, *_: object, **__: object) -> list[Any]:
        records = zone.get((name.lower().rstrip("."), kind), ())
        if kind == "MX":
            return [((name, kind), (int(r.split()[0]), r.split()[1])) for r in records]
        if kind == "TXT":
            return [((name, kind), (r.encode(),)) for r in records]
        if kind == "AAAA":
            return [((name, kind), r) for r in records]
        return [((name, kind), r) for r in records]

    return look


@settings(
    deadline=None,
    derandomize=True,
    max_examples=300,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    terms=st.lists(TERMS, max_size=6, unique=True),
    ip=st.sampled_from(["192.0.2.1", "198.51.100.9", "2001:db8::1"]),
)
def test_another_implementation_agrees(monkeypatch: pytest.MonkeyPatch, terms: list[str], ip: str) -> None:
    zone = ZONE | {("a.example", "TXT"): (" ".join(["v=spf1", *terms]),)}
    monkeypatch.setattr(other_implementation, "DNSLookup", _their_lookup(zone))
    theirs, _, _ = other_implementation.query(i=ip, s="ann@a.example", h="helo.example", strict=True).check()

    ours = asyncio.run(checked(zone, ip=ip))

    assert ours.result.value == theirs


@given(st.text(max_size=200))
def test_no_record_text_can_break_it(text: str) -> None:
    assert parse("v=spf1 " + text) is not None

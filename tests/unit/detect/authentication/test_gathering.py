"""What must be asked is asked at once, within bounds, and silence is an answer of its own."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from datetime import UTC, datetime

from hypothesis import given
from hypothesis import strategies as st

from lazaretto.core.envelope import Client, Envelope
from lazaretto.core.facts import AuthResult, DnsAnswer, DnsStatus, Gathered
from lazaretto.detect.authentication.gathering import gather

NOW = datetime(2026, 9, 1, tzinfo=UTC)
ENVELOPE = Envelope(reverse_path="ann@author.example", recipients=())
CLIENT = Client(ip="192.0.2.1", helo="mx.author.example")
SIGNATURE = b"DKIM-Signature: v=1; a=rsa-sha256; d=d%d.author.example; s=s%d; h=from; bh=AA==; b=AA==\r\n"


class Names:
    """Knows nothing, after a delay; ``patience`` questions are answered at once."""

    def __init__(self, delay: float = 0, patience: int = 0) -> None:
        self._delay = delay
        self._patience = patience
        self.asked: Counter[str] = Counter()

    async def ask(self, name: str, kind: str) -> DnsAnswer:
        self.asked[f"{kind} {name}"] += 1
        if sum(self.asked.values()) > self._patience:
            await asyncio.sleep(self._delay)
        return DnsAnswer(DnsStatus.NO_DOMAIN)


async def gathered(header: bytes, names: Names, time_limit: float = 10) -> Gathered:
    return await gather(ENVELOPE, CLIENT, NOW, header, names, time_limit=time_limit)


async def test_keys_policies_and_spf_are_asked() -> None:
    names = Names()

    found = await gathered(b"From: ann@mail.author.example\r\n" + SIGNATURE % (1, 1), names)

    assert set(found.dns) == {
        "TXT s1._domainkey.d1.author.example",
        "TXT _dmarc.mail.author.example",
        "TXT _dmarc.d1.author.example",
        "TXT _dmarc.author.example",
        "TXT _dmarc.example",
    }
    assert set(names.asked) == {*found.dns, "TXT author.example", "PTR 1.2.0.192.in-addr.arpa"}
    assert found.spf.result is AuthResult.NONE


async def test_strangers_policies_are_not_asked() -> None:
    names = Names()

    await gathered(b"From: ann@author.example\r\n" + (SIGNATURE % (1, 1)).replace(b"author", b"other"), names)

    assert not [name for name in names.asked if "_dmarc" in name and "other" in name]


async def test_what_a_body_quotes_is_not_asked() -> None:
    names = Names()

    await gathered(b"From: ann@author.example\n\n" + SIGNATURE % (1, 1) + b"From: x@other.example\n", names)

    assert not [name for name in names.asked if "_domainkey" in name or "other" in name]


async def test_everything_together_takes_no_longer_than_its_limit() -> None:
    header = b"From: ann@author.example\r\n" + SIGNATURE % (1, 1)
    started = time.monotonic()

    found = await gathered(header, Names(delay=30), time_limit=0.1)

    assert time.monotonic() - started < 2
    assert found.spf.result is AuthResult.TEMPERROR
    assert found.dns["TXT s1._domainkey.d1.author.example"].status is DnsStatus.TIMEOUT
    assert found.dns["TXT _dmarc.author.example"].status is DnsStatus.TIMEOUT


async def test_questions_are_under_way_at_the_same_time() -> None:
    header = b"From: ann@author.example\r\n" + b"".join(SIGNATURE % (i, i) for i in range(10))
    started = time.monotonic()

    await gathered(header, Names(delay=0.05))

    assert time.monotonic() - started < 0.5


async def test_hundreds_of_signatures_ask_no_more_than_ten() -> None:
    names = Names()
    header = b"".join(SIGNATURE % (i, i) for i in range(600)) + b"From: ann@author.example\r\n"

    await gathered(header, names)

    assert len([name for name in names.asked if "_domainkey" in name]) == 10
    assert sum(names.asked.values()) < 40


async def test_a_hostile_from_field_asks_no_more_than_it_may() -> None:
    names = Names()
    deep = b".".join([b"a"] * 100)
    header = b"From: " + b", ".join(b"x@%d.%s.example" % (i, deep) for i in range(40)) + b"\r\n"

    await gathered(header, names)

    assert sum(names.asked.values()) < 60


async def test_a_confirmed_host_name_is_noted() -> None:
    class Reverse(Names):
        async def ask(self, name: str, kind: str) -> DnsAnswer:
            records = {"PTR": ("mx.author.example",), "A": ("192.0.2.1",)}.get(kind, ())
            return DnsAnswer(DnsStatus.ANSWER if records else DnsStatus.NO_DATA, records)

    assert (await gathered(b"", Reverse())).client.hostname == "mx.author.example"


@given(st.binary(max_size=500))
def test_no_header_can_break_it(header: bytes) -> None:
    found = asyncio.run(gathered(b"From: x@a.example\r\nDKIM-Signature: " + header, Names()))

    assert found.received_at == NOW

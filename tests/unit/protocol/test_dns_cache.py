"""Answers live as long as their kind allows, and there are never more than fit."""

from __future__ import annotations

import pytest

from lazaretto.core.facts import DnsAnswer, DnsStatus
from lazaretto.protocol.dns_cache import AnswerCache
from lazaretto.protocol.settings import DnsSettings

SETTINGS = DnsSettings(cache_size=2, longest_ttl=100, negative_ttl=30, failure_ttl=5)


@pytest.mark.parametrize(
    ("answer", "lifetime"),
    [
        pytest.param(DnsAnswer(DnsStatus.ANSWER, ("x",), 20), 20, id="its own TTL"),
        pytest.param(DnsAnswer(DnsStatus.ANSWER, ("x",), 9999), 100, id="no longer than we want"),
        pytest.param(DnsAnswer(DnsStatus.NO_DOMAIN), 30, id="no such name"),
        pytest.param(DnsAnswer(DnsStatus.NO_DATA), 30, id="no such record"),
        pytest.param(DnsAnswer(DnsStatus.TIMEOUT), 5, id="failure"),
    ],
)
def test_an_answer_is_forgotten_when_its_time_is_over(answer: DnsAnswer, lifetime: int) -> None:
    cache = AnswerCache(SETTINGS)
    cache.keep("a.example", "TXT", answer, now=1000)

    assert cache.find("a.example", "TXT", now=1000 + lifetime - 0.1) == answer
    assert cache.find("a.example", "A", now=1000) is None
    assert cache.find("a.example", "TXT", now=1000 + lifetime + 0.1) is None


def test_an_answer_without_lifetime_is_not_kept() -> None:
    cache = AnswerCache(SETTINGS)

    cache.keep("a.example", "A", DnsAnswer(DnsStatus.ANSWER, ("192.0.2.1",), 0), now=0)

    assert len(cache) == 0


def test_the_oldest_gives_way() -> None:
    cache = AnswerCache(SETTINGS)
    answer = DnsAnswer(DnsStatus.NO_DATA)
    for name in ("one", "two", "one", "three"):
        cache.keep(name, "A", answer, now=0)

    assert len(cache) == 2
    assert cache.find("two", "A", now=0) is None
    assert cache.find("one", "A", now=0) == answer

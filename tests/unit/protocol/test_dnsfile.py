"""A file answers like the DNS would, and asks nobody."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.facts import DnsStatus
from lazaretto.protocol.dnsfile import FileResolver

RECORDS: dict[str, Any] = {
    "a.example": {"TXT": ["v=spf1 -all", "été"], "A": ["192.0.2.1"], "MX": ["10 Host.a.example."]},
    "alias.example": {"CNAME": ["a.example"]},
    "loop.example": {"CNAME": ["loop.example"]},
    "1.2.0.192.in-addr.arpa": {"PTR": ["a.example."]},
    "slow.example": {"A": "TIMEOUT", "TXT": ["x"]},
    "broken.example": "SERVFAIL",
    "empty.example": {"A": []},
}


@pytest.fixture
def resolver(tmp_path: Path) -> FileResolver:
    path = tmp_path / "dns.json"
    path.write_text(json.dumps(RECORDS, ensure_ascii=False), encoding="utf-8")
    return FileResolver(path)


@pytest.mark.parametrize(
    ("name", "kind", "status", "records"),
    [
        ("A.example.", "A", DnsStatus.ANSWER, ("192.0.2.1",)),
        ("a.example", "MX", DnsStatus.ANSWER, ("10 host.a.example",)),
        pytest.param("a.example", "TXT", DnsStatus.ANSWER, ("v=spf1 -all", "Ã©tÃ©"), id="octets as Latin-1"),
        ("a.example", "AAAA", DnsStatus.NO_DATA, ()),
        ("alias.example", "A", DnsStatus.ANSWER, ("192.0.2.1",)),
        ("alias.example", "CNAME", DnsStatus.ANSWER, ("a.example",)),
        ("loop.example", "A", DnsStatus.SERVER_FAILURE, ()),
        ("1.2.0.192.in-addr.arpa", "PTR", DnsStatus.ANSWER, ("a.example",)),
        ("slow.example", "A", DnsStatus.TIMEOUT, ()),
        ("slow.example", "TXT", DnsStatus.ANSWER, ("x",)),
        ("broken.example", "MX", DnsStatus.SERVER_FAILURE, ()),
        ("empty.example", "A", DnsStatus.NO_DATA, ()),
        ("absent.example", "A", DnsStatus.NO_DOMAIN, ()),
        ("bad..name", "A", DnsStatus.NO_DOMAIN, ()),
    ],
)
async def test_each_question_is_answered_from_the_file(
    resolver: FileResolver, name: str, kind: str, status: DnsStatus, records: tuple[str, ...]
) -> None:
    answer = await resolver.ask(name, kind)

    assert (answer.status, answer.records) == (status, records)


@pytest.mark.parametrize(
    "text", ["{", "[]", '{"a.example": 5}', '{"a.example": {"A": 5}}', '{"a.example": "NONSENSE"}']
)
def test_a_file_that_cannot_be_understood_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "dns.json"
    path.write_text(text)

    with pytest.raises(ConfigurationError, match="DNS file"):
        FileResolver(path)


def test_a_missing_file_is_refused(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot read"):
        FileResolver(tmp_path / "absent.json")

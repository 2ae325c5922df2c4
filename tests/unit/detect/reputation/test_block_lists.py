"""Lists are believed by their weight, and a list that is wrong about itself lists nobody."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest
from pydantic import ValidationError

from lazaretto.core.envelope import Client
from lazaretto.core.facts import DnsAnswer, DnsStatus, Facts, Listing
from lazaretto.detect.reputation import list_file
from lazaretto.detect.reputation.asking import BlockLists, reversed_name
from lazaretto.detect.reputation.block_lists import Listed
from lazaretto.detect.reputation.list_file import entries_of
from lazaretto.detect.reputation.settings import ReputationSettings
from lazaretto.mail.scanner import view_of

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
NOBODY = DnsAnswer(DnsStatus.NO_DOMAIN)


class Zone:
    """Answers A records from a table, and counts."""

    def __init__(self, records: dict[str, str | None]) -> None:
        self.records = records
        self.asked: list[str] = []

    async def ask(self, name: str, kind: str) -> DnsAnswer:
        self.asked.append(name)
        if name not in self.records:
            return NOBODY
        address = self.records[name]
        if address is None:
            await asyncio.Event().wait()
        return DnsAnswer(DnsStatus.ANSWER, (str(address),), 60)


async def _ask(settings: dict[str, object], zone: Zone, *domains: str, ip: str = "192.0.2.7") -> list[str]:
    lists = BlockLists(ReputationSettings.model_validate(settings), zone)
    return [f"{each.subject} {each.meaning} {each.list}" for each in await lists.ask(ip, domains)]


@pytest.mark.parametrize(
    ("ip", "name"),
    [
        ("192.0.2.7", "7.2.0.192"),
        ("::ffff:192.0.2.7", "7.2.0.192"),
        ("2001:db8::1", "1.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.8.b.d.0.1.0.0.2"),
        ("unknown", ""),
    ],
)
def test_addresses_are_asked_backwards(ip: str, name: str) -> None:
    assert reversed_name(ip) == name


async def test_addresses_and_domains_are_asked_in_the_lists_about_them() -> None:
    zone = Zone({"7.2.0.192.bl.test": "127.0.0.2", "evil.example.dbl.test": "127.0.1.2"})
    lists = {"dns_lists": [{"zone": "BL.test."}, {"zone": "dbl.test", "about": "domain"}]}

    assert await _ask(lists, zone, "evil.example", "good.example") == [
        "192.0.2.7 listed bl.test",
        "evil.example listed dbl.test",
    ]
    assert "good.example.dbl.test" in zone.asked


@pytest.mark.parametrize(
    "records",
    [
        pytest.param({"7.2.0.192.bl.test": "203.0.113.9"}, id="an address of a domain grabber"),
        pytest.param({"7.2.0.192.bl.test": "127.255.255.254"}, id="the list refuses to serve us"),
        pytest.param(
            {"7.2.0.192.bl.test": "127.0.0.2", "1.0.0.127.bl.test": "127.0.0.2"},
            id="the list lists everybody",
        ),
        pytest.param({"7.2.0.192.bl.test": "127.0.0.9"}, id="an answer that was not asked for"),
    ],
)
async def test_a_list_that_is_wrong_about_itself_lists_nobody(records: dict[str, str | None]) -> None:
    lists = {"dns_lists": [{"zone": "bl.test", "answers": {"127.0.0.2": "listed", "127.0.0.10": "dynamic"}}]}

    assert await _ask(lists, Zone(records)) == []


async def test_single_answers_may_mean_that_an_address_is_dynamic() -> None:
    lists = {"dns_lists": [{"zone": "bl.test", "answers": {"127.0.0.2": "listed", "127.0.0.10": "dynamic"}}]}

    assert await _ask(lists, Zone({"7.2.0.192.bl.test": "127.0.0.10"})) == ["192.0.2.7 dynamic bl.test"]


async def test_a_list_that_does_not_answer_in_time_keeps_nobody_waiting_and_hides_no_other() -> None:
    zone = Zone({"7.2.0.192.slow.test": None, "7.2.0.192.bl.test": "127.0.0.2"})
    lists = {"dns_lists": [{"zone": "slow.test"}, {"zone": "bl.test"}], "time_limit": 0.2}

    assert await _ask(lists, zone) == ["192.0.2.7 listed bl.test"]


async def test_a_message_with_very_many_domains_asks_few() -> None:
    zone = Zone({})

    await _ask(
        {"dns_lists": [{"zone": "dbl.test", "about": "domain"}]}, zone, *(f"d{n}.example" for n in range(99))
    )

    assert len(zone.asked) == 4


async def test_a_file_lists_networks_and_domains_with_all_below_them(tmp_path: Path) -> None:
    file = tmp_path / "own.txt"
    file.write_text("# ours\n192.0.2.0/29 ; a comment\n*.Evil.example\n2001:db8::/32\nnot a line\n")
    lists = {"files": [{"file": str(file), "meaning": "dynamic"}]}

    assert await _ask(lists, Zone({}), "mail.evil.example", "good.example") == [
        "192.0.2.0/29 dynamic own.txt",
        "evil.example dynamic own.txt",
    ]
    assert await _ask(lists, Zone({}), ip="2001:db8::9") == ["2001:db8::/32 dynamic own.txt"]
    assert entries_of(file.read_text().splitlines()).unreadable == 1


async def test_a_file_is_read_again_when_it_changes_and_kept_when_it_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(list_file, "LOOK_EVERY", 0.0)
    file = tmp_path / "own.txt"
    file.write_text("198.51.100.1\n")
    lists = BlockLists(ReputationSettings.model_validate({"files": [{"file": str(file)}]}), Zone({}))
    assert await lists.ask("192.0.2.7", ()) == ()

    file.write_text("192.0.2.7\n198.51.100.1\n")
    os.utime(file, ns=(1, 1))
    changed = await lists.ask("192.0.2.7", ())
    file.unlink()

    assert [each.subject for each in changed] == ["192.0.2.7/32"]
    assert await lists.ask("192.0.2.7", ()) == changed


@pytest.mark.parametrize(
    "line", ["", "#", "0", "a" * 100_000, "::::", "1.2.3.4/99", "\x00.example", "ﬀ.example"]
)
def test_no_line_can_break_it(line: str) -> None:
    entries_of([line])


def test_a_list_without_a_zone_is_refused() -> None:
    with pytest.raises(ValidationError, match="zone"):
        ReputationSettings.model_validate({"dns_lists": [{"weight": 1.0}]})


def _listing(name: str, weight: float, meaning: str = "listed", subject: str = "192.0.2.7") -> Listing:
    return Listing(list=name, meaning=meaning, weight=weight, subject=subject)


@pytest.mark.parametrize(
    ("listings", "symbols"),
    [
        pytest.param([], [], id="no list"),
        pytest.param([_listing("a", 1.0)], ["CLIENT_BLOCK_LISTED"], id="one that is enough"),
        pytest.param([_listing("a", 0.5)], ["CLIENT_LISTED_WEAKLY"], id="one that is not"),
        pytest.param([_listing("a", 0.5), _listing("b", 0.5)], ["CLIENT_BLOCK_LISTED"], id="two together"),
        pytest.param(
            [_listing("a", 0.5), _listing("a", 0.5, subject="evil.example")],
            ["CLIENT_LISTED_WEAKLY"],
            id="one list twice is one list",
        ),
        pytest.param([_listing("a", 1.0, "dynamic")], ["CLIENT_DYNAMIC_IP"], id="dynamic"),
        pytest.param(
            [_listing("a", 1.0, "dynamic"), _listing("b", 1.0)],
            ["CLIENT_BLOCK_LISTED", "CLIENT_DYNAMIC_IP"],
            id="both",
        ),
    ],
)
def test_weights_add_up(listings: list[Listing], symbols: list[str]) -> None:
    facts = Facts(received_at=NOW, client=Client(ip="192.0.2.7"), listings=tuple(listings))

    findings = Listed().look(view_of(b"From: a@b.example\r\n\r\n"), facts, None)

    assert [finding.symbol for finding in findings] == symbols

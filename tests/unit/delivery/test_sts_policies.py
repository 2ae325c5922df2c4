"""A policy stays in force for as long as it said, whatever becomes of later look-ups and fetches."""

from __future__ import annotations

import asyncio
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from lazaretto.core.facts import DnsAnswer, DnsStatus
from lazaretto.delivery.failures import TlsFailure
from lazaretto.delivery.policy_fetch import FetchFailed
from lazaretto.delivery.sts_policies import StsPolicies
from lazaretto.delivery.sts_store import Fetched, FolderStore, PolicyStore
from lazaretto.protocol.mta_sts import Mode, Policy
from lazaretto.testing.copies import NOON

DOMAIN = "other.example"


class World:
    """A domain's record and its host, as a test wants them, and the clock."""

    def __init__(self) -> None:
        self.now: datetime = NOON
        self.record: str | DnsStatus = "v=STSv1; id=1;"
        self.text: bytes | None = a_policy("enforce")
        self.fetches = 0
        self.answered = 0
        self.gate: asyncio.Event | None = None
        self.failures: list[TlsFailure] = []

    async def ask(self, name: str, kind: str) -> DnsAnswer:
        assert (name, kind) == (f"_mta-sts.{DOMAIN}", "TXT")
        if isinstance(self.record, DnsStatus):
            return DnsAnswer(self.record)
        return DnsAnswer(DnsStatus.ANSWER, (self.record,), 300)

    async def fetch(self, domain: str) -> bytes:
        self.fetches += 1
        if self.gate is not None:
            await self.gate.wait()
        self.answered += 1
        if self.text is None:
            raise FetchFailed("away")
        return self.text

    def note(self, day: date, domain: str, kind: TlsFailure) -> None:
        assert (day, domain) == (self.now.date(), DOMAIN)
        self.failures.append(kind)

    def policies(self, store: PolicyStore | None = None) -> StsPolicies:
        return StsPolicies(self, self, store=store, on_failure=self.note, clock=lambda: self.now)


def a_policy(mode: str, max_age: int = 86_400) -> bytes:
    return f"version: STSv1\nmode: {mode}\nmx: mx.other.example\nmax_age: {max_age}\n".encode()


def mode_of(policy: Policy | None) -> Mode | None:
    return None if policy is None else policy.mode


@pytest.fixture
def world() -> World:
    return World()


async def test_a_policy_is_fetched_once(world: World) -> None:
    policies = world.policies()

    found = [await policies.policy(DOMAIN) for _ in range(5)]

    assert {mode_of(policy) for policy in found} == {Mode.ENFORCE}
    assert world.fetches == 1


async def test_all_who_wait_share_one_fetch(world: World) -> None:
    world.gate = asyncio.Event()
    policies = world.policies()
    waiting = [asyncio.create_task(policies.policy(DOMAIN)) for _ in range(10)]
    await asyncio.sleep(0)
    waiting[0].cancel()
    world.gate.set()

    found = await asyncio.gather(*waiting[1:])

    assert {mode_of(policy) for policy in found} == {Mode.ENFORCE}
    assert world.fetches == 1


async def test_without_a_record_there_is_no_policy_and_no_fetch(world: World) -> None:
    world.record = DnsStatus.NO_DOMAIN

    assert await world.policies().policy(DOMAIN) is None
    assert world.fetches == 0


async def test_another_id_has_the_policy_fetched_anew(world: World) -> None:
    policies = world.policies()
    await policies.policy(DOMAIN)
    world.record, world.text = "v=STSv1; id=2;", a_policy("testing")
    world.now += timedelta(minutes=2)

    assert mode_of(await policies.policy(DOMAIN)) is Mode.TESTING


@pytest.mark.parametrize(
    "record", ["v=STSv1; id=2;", DnsStatus.TIMEOUT, DnsStatus.SERVER_FAILURE, DnsStatus.NO_DOMAIN]
)
async def test_who_suppresses_look_up_or_fetch_does_not_switch_a_policy_off(
    world: World, record: str | DnsStatus
) -> None:
    policies = world.policies()
    await policies.policy(DOMAIN)
    world.record, world.text = record, None
    world.now += timedelta(hours=23)

    assert mode_of(await policies.policy(DOMAIN)) is Mode.ENFORCE


async def test_a_policy_ends_when_its_time_is_over_and_cannot_be_had_again(world: World) -> None:
    policies = world.policies()
    await policies.policy(DOMAIN)
    world.text = None
    world.now += timedelta(hours=25)

    assert await policies.policy(DOMAIN) is None
    assert world.failures == [TlsFailure.STS_FETCH]


async def test_an_old_policy_is_renewed_without_waiting(world: World) -> None:
    policies = world.policies()
    await policies.policy(DOMAIN)
    world.gate = asyncio.Event()
    world.now += timedelta(hours=13)

    assert mode_of(await policies.policy(DOMAIN)) is Mode.ENFORCE
    world.gate.set()
    async with asyncio.timeout(60):
        while world.answered < 2:
            await asyncio.sleep(0)
    world.now += timedelta(hours=13)

    assert mode_of(await policies.policy(DOMAIN)) is Mode.ENFORCE


async def test_a_failed_fetch_is_repeated_after_five_minutes_only(world: World) -> None:
    world.text = None
    policies = world.policies()
    for _ in range(5):
        assert await policies.policy(DOMAIN) is None
    world.now += timedelta(seconds=299)
    await policies.policy(DOMAIN)
    assert world.fetches == 1

    world.text = a_policy("enforce")
    world.now += timedelta(seconds=2)

    assert mode_of(await policies.policy(DOMAIN)) is Mode.ENFORCE


async def test_a_policy_that_ends_at_once_is_not_fetched_for_each_message(world: World) -> None:
    world.text = a_policy("enforce", max_age=0)
    policies = world.policies()
    for _ in range(5):
        await policies.policy(DOMAIN)

    assert world.fetches == 1


async def test_a_text_that_is_no_policy_is_reported_as_such(world: World) -> None:
    world.text = b"<html>"

    assert await world.policies().policy(DOMAIN) is None
    assert world.failures == [TlsFailure.STS_INVALID]


async def test_mode_none_takes_the_policy_back(world: World) -> None:
    policies = world.policies()
    await policies.policy(DOMAIN)
    world.record, world.text = "v=STSv1; id=2;", a_policy("none")
    world.now += timedelta(minutes=2)

    assert await policies.policy(DOMAIN) is None


async def test_a_policy_outlives_the_process(world: World, tmp_path: Path) -> None:
    folder = tmp_path / "policies"
    await world.policies(FolderStore(folder)).policy(DOMAIN)
    world.record, world.text = DnsStatus.TIMEOUT, None
    world.now += timedelta(hours=23)

    assert mode_of(await world.policies(FolderStore(folder)).policy(DOMAIN)) is Mode.ENFORCE

    world.now += timedelta(hours=2)
    assert await world.policies(FolderStore(folder)).policy(DOMAIN) is None
    assert list(folder.iterdir()) == []


@pytest.mark.parametrize("kept", [b"", b"{}", b"[1]", b'{"domain": "x", "id": "1", "text": "", "at": 0}'])
def test_a_file_that_cannot_be_read_is_no_policy(tmp_path: Path, kept: bytes) -> None:
    store = FolderStore(tmp_path)
    store.write(Fetched(domain=DOMAIN, id="1", text=b"x", at=0.0))
    (file,) = tmp_path.iterdir()
    file.write_bytes(kept)

    assert store.read(DOMAIN) is None


def test_a_folder_that_cannot_be_written_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    store = FolderStore(tmp_path / "file")

    store.write(Fetched(domain=DOMAIN, id="1", text=b"x", at=0.0))
    store.forget(DOMAIN)

    assert store.read(DOMAIN) is None

"""Keys that sign turn over by themselves, but never before their records are in the DNS."""

from __future__ import annotations

import json
from datetime import timedelta
from pathlib import Path

import pytest

from lazaretto.core.identity import TenantId
from lazaretto.delivery.domain_keys import DomainKeys
from lazaretto.detect.authentication.signing import Algorithm
from lazaretto.protocol.dnsfile import FileResolver
from lazaretto.run.clock.turning_keys import turn_what_is_due
from lazaretto.spool.signing_keys import KeyState, SigningKeys, StoredKey

pytestmark = pytest.mark.integration

ACME = TenantId(7)
AGE = timedelta(days=180)


def publishing(folder: Path, *keys: StoredKey) -> FileResolver:
    file = folder / "dns.json"
    file.write_text(json.dumps({key.record_name: {"TXT": [key.record]} for key in keys}))
    return FileResolver(file)


@pytest.fixture
async def store(spool) -> SigningKeys:
    return SigningKeys(spool.pool, spool.keys)


async def test_a_first_key_signs_once_its_record_is_published(spool, store, tmp_path) -> None:
    key = await DomainKeys(store, ACME, "first.example").add(Algorithm.ED25519, spool.clock())

    await turn_what_is_due(store, publishing(tmp_path), spool.clock(), AGE)
    assert await _state_of(store, key) is KeyState.WAITING

    await turn_what_is_due(store, publishing(tmp_path, key), spool.clock(), AGE)
    assert await _state_of(store, key) is KeyState.SIGNING


async def test_an_old_key_gives_way_to_the_published_one_and_is_removed_later(spool, store, tmp_path) -> None:
    keys = DomainKeys(store, ACME, "old.example")
    first = await keys.add(Algorithm.ED25519, spool.clock())
    _, _, (second,) = await keys.turn_over(None, spool.clock())
    dns = publishing(tmp_path, first, second)

    await turn_what_is_due(store, dns, spool.clock() + AGE / 2, AGE)
    assert await _state_of(store, second) is KeyState.WAITING

    await turn_what_is_due(store, dns, spool.clock() + AGE, AGE)
    assert await _state_of(store, second) is KeyState.SIGNING
    assert await _state_of(store, first) is KeyState.RETIRED

    await turn_what_is_due(store, dns, spool.clock() + AGE + timedelta(days=15), AGE)
    assert await _state_of(store, first) is KeyState.REMOVED
    assert await _state_of(store, second) is KeyState.SIGNING


async def test_an_old_key_goes_on_while_the_next_ones_record_is_missing(spool, store, tmp_path) -> None:
    keys = DomainKeys(store, ACME, "missing.example")
    first = await keys.add(Algorithm.ED25519, spool.clock())
    await keys.turn_over(None, spool.clock())

    await turn_what_is_due(store, publishing(tmp_path, first), spool.clock() + 2 * AGE, AGE)

    assert await _state_of(store, first) is KeyState.SIGNING


async def _state_of(store: SigningKeys, wanted: StoredKey) -> KeyState:
    keys = {(key.domain, key.selector): key.state for key in await store.list(ACME)}
    return keys[wanted.domain, wanted.selector]

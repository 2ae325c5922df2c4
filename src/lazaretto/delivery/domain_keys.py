"""A domain's signing keys from the first to the next one: made, published, used, retired, removed.

Two keys of each algorithm exist for a domain, the one that signs and the one that waits with its
record in the DNS already; turning over never waits for the DNS.  A retired key's record must stay
until the mail that it signed has arrived.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import Enum
from typing import Final

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.facts import DnsAnswer, Resolver
from lazaretto.core.identity import TenantId
from lazaretto.detect.authentication.dkim_key import DkimKey, key_of, parse_key
from lazaretto.detect.authentication.signing import (
    Algorithm,
    new_private_key,
    private_key_of,
    public_record,
)
from lazaretto.spool.signing_keys import KeyState, SigningKeys, StoredKey

KEEP_RECORD: Final = timedelta(days=14)
"""How long a retired key's record has to stay; as long as signatures count."""
PREFIX: Final = "lz"
_TRIES: Final = 20
_LONGEST_STRING: Final = 255


class Published(Enum):
    """What the DNS holds at a key's name."""

    YES = "published"
    NO = "not published"
    OTHER = "another record stands there"
    UNKNOWN = "the DNS did not answer"


@dataclass(frozen=True, slots=True)
class Checked:
    """A key with what the DNS says of it."""

    key: StoredKey
    published: Published


class DomainKeys:
    """The keys of one tenant (or of the platform) for one domain."""

    def __init__(self, store: SigningKeys, tenant: TenantId, domain: str) -> None:
        self._store = store
        self._tenant = tenant
        self._domain = domain

    async def keys(self) -> list[StoredKey]:
        """Return every key that is not removed, oldest first."""
        return [key for key in await self._all() if key.state is not KeyState.REMOVED]

    async def add(self, algorithm: Algorithm, now: datetime) -> StoredKey:
        """Make a key that waits; raises ``ConfigurationError`` when one of this kind waits already."""
        existing = await self._all()
        waiting = [
            each for each in existing if each.state is KeyState.WAITING and each.algorithm == algorithm.value
        ]
        if waiting:
            raise ConfigurationError(
                f"{waiting[0].record_name} waits to be published already; "
                f"`lazaretto dkim records {self._domain}` prints its record"
            )
        private = new_private_key(algorithm)
        for number in range(len(existing) + 1, len(existing) + _TRIES):
            key = StoredKey(
                tenant=self._tenant,
                domain=self._domain,
                selector=f"{PREFIX}{number}",
                algorithm=algorithm.value,
                record=public_record(private_key_of(private)),
                sealed=b"",
                wrapped_key=b"",
                key_version=0,
                state=KeyState.WAITING,
                created_at=now,
                changed_at=now,
            )
            if await self._store.add(key, private):
                return key
        raise ConfigurationError(f"no selector is free for {self._domain}; is it another tenant's domain?")

    async def turn_over(
        self, resolver: Resolver | None, now: datetime
    ) -> tuple[list[StoredKey], list[StoredKey], list[StoredKey]]:
        """Let waiting keys sign in place of those that do; return what signs, what retired, what is new.

        Without a ``resolver`` nobody looks whether the records are published.  Raises
        ``ConfigurationError``, and changes nothing, where a record is not.
        """
        keys = await self.keys()
        waiting = [key for key in keys if key.state is KeyState.WAITING]
        if not waiting:
            raise ConfigurationError(f"no key waits for {self._domain}; make one with `lazaretto dkim add`")
        for checked in await check(waiting, resolver) if resolver else ():
            if checked.published is not Published.YES:
                raise ConfigurationError(
                    f"{checked.key.record_name}: {checked.published.value}; publish the record that "
                    f"`lazaretto dkim records {self._domain}` prints, wait for the DNS, and call this again"
                )
        kinds = {key.algorithm for key in waiting}
        old = [key for key in keys if key.state is KeyState.SIGNING and key.algorithm in kinds]
        # The new ones first: at no moment is there a domain without a key that signs.
        begun = [await self._store.move(key, KeyState.SIGNING, now) for key in waiting]
        retired = [await self._store.move(key, KeyState.RETIRED, now) for key in old]
        made = [await self.add(Algorithm(kind), now) for kind in sorted(kinds)]
        return begun, retired, made

    async def remove(self, selector: str, now: datetime) -> StoredKey:
        """Destroy the private key of ``selector``; raises ``ConfigurationError`` for one unknown."""
        found = [key for key in await self.keys() if key.selector == selector]
        if not found:
            raise ConfigurationError(f"{self._domain} has no key {selector}; `lazaretto dkim list` shows all")
        return await self._store.move(found[0], KeyState.REMOVED, now)

    async def _all(self) -> list[StoredKey]:
        return [key for key in await self._store.list(self._tenant) if key.domain == self._domain]


async def check(keys: Iterable[StoredKey], resolver: Resolver) -> list[Checked]:
    """Return what the DNS says of each of ``keys``."""
    return [Checked(key, _published(key, await resolver.ask(key.record_name, "TXT"))) for key in keys]


def zone_lines(key: StoredKey) -> str:
    """Return the record of ``key`` as a zone file has it; a TXT string holds at most 255 octets."""
    text = key.record
    pieces = [text[start : start + _LONGEST_STRING] for start in range(0, len(text), _LONGEST_STRING)]
    return f"{key.record_name}. 3600 IN TXT " + " ".join(f'"{piece}"' for piece in pieces)


def may_be_removed(key: StoredKey, now: datetime) -> bool:
    """Tell whether no mail under way can need the record of ``key`` any more."""
    return key.state is KeyState.RETIRED and now - key.changed_at >= KEEP_RECORD


def due_for_turn(keys: Sequence[StoredKey], now: datetime, age: timedelta) -> bool:
    """Tell whether a key waits and none signs, or the one that signs is older than ``age``."""
    waiting = {key.algorithm for key in keys if key.state is KeyState.WAITING}
    signing = [key for key in keys if key.state is KeyState.SIGNING and key.algorithm in waiting]
    begun = {key.algorithm for key in signing}
    return bool(waiting) and (waiting != begun or any(now - key.changed_at >= age for key in signing))


def _published(key: StoredKey, answer: DnsAnswer) -> Published:
    if answer.failed:
        return Published.UNKNOWN
    found, own = key_of(answer), parse_key(key.record)
    if not answer.records:
        return Published.NO
    assert isinstance(own, DkimKey)
    if isinstance(found, DkimKey) and found.kind == own.kind and _same(found, own):
        return Published.YES
    return Published.OTHER


def _same(one: DkimKey, other: DkimKey) -> bool:
    return one.public == other.public

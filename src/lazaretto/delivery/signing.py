"""What goes on top of a copy when it leaves: DKIM signatures of its own domain, or our ARC seal.

Outgoing mail is signed for its author's domain where its tenant has a key for that domain or one
above it, and our own notices for ours.  Incoming mail is sealed where we changed more than added
fields on top: the signatures that it came with may not survive that.

Keys are asked for in memory, so that signing cannot fail where sending could go on.
"""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Iterable, Iterator
from typing import Final, Protocol

from lazaretto.core.envelope import Direction
from lazaretto.core.identity import PLATFORM, TenantId
from lazaretto.core.queued import QueuedCopy
from lazaretto.core.snapshot import names_above
from lazaretto.delivery.payload import Payload
from lazaretto.delivery.seams import Clock
from lazaretto.detect.authentication.author import author_of
from lazaretto.detect.authentication.canonical import BodyDigests
from lazaretto.detect.authentication.fields import RawField, RawMessage, StreamedMessage
from lazaretto.detect.authentication.sealing import arc_set, results_of_ours
from lazaretto.detect.authentication.signing import BODY, Algorithm, SigningKey, dkim_field

LARGE: Final = 256 * 1024
"""Octets above which hashing is done beside the loop."""


class KeyRing(Protocol):
    """The keys that sign now, in memory."""

    def signing_for(self, tenant: TenantId, domain: str) -> tuple[SigningKey, ...]:
        """Return the keys of ``tenant`` that sign for exactly ``domain``, one per algorithm."""

    def domains_of(self, tenant: TenantId) -> Collection[str]:
        """Return the domains for which ``tenant`` has keys that sign."""


class Signing:
    """Signs copies as they leave; one per process."""

    def __init__(self, keys: KeyRing, hostname: str, clock: Clock) -> None:
        """``hostname`` is our name: in Authentication-Results, in notices, and of the seal's key."""
        self._keys = keys
        self._hostname = hostname
        self._clock = clock

    async def signed(self, copy: QueuedCopy, payload: Payload) -> Payload:
        """Return ``payload`` with what belongs on top of it; itself where nothing does."""
        if copy.direction is Direction.INBOUND and not is_changed(copy):
            return payload
        if not self._keys.domains_of(self._signer(copy)):
            return payload
        message = await _readable(payload)
        sealed = copy.direction is Direction.INBOUND
        keys = self._seal_keys() if sealed else tuple(self._keys_for(copy, message.fields))
        if not keys:
            return payload
        digests = BodyDigests(message)
        if payload.size > LARGE:
            await asyncio.to_thread(digests.prepare, [BODY])
        if sealed:
            results = results_of_ours(message.fields, self._hostname)
            fields = arc_set(message, digests, keys[0], self._clock(), results) if results else ()
        else:
            fields = tuple(dkim_field(message, digests, key, self._clock()) for key in keys)
        return payload.with_on_top(b"".join(field.raw for field in fields))

    def _signer(self, copy: QueuedCopy) -> TenantId:
        return copy.lease.tenant if copy.direction is Direction.OUTBOUND else PLATFORM

    def _seal_keys(self) -> tuple[SigningKey, ...]:
        # A seal speaks for whoever made it, under whatever name; best is the one of this very host.
        ours = sorted(self._keys.domains_of(PLATFORM))
        candidates = [*_above(self._hostname), *ours]
        keys = (key for domain in candidates for key in self._keys.signing_for(PLATFORM, domain))
        # RFC 8617 §4.1.1 knows RSA only.
        return tuple(key for key in keys if key.algorithm is Algorithm.RSA)[:1]

    def _keys_for(self, copy: QueuedCopy, fields: tuple[RawField, ...]) -> Iterable[SigningKey]:
        domain = author_of(fields).domain
        return self._nearest(self._signer(copy), domain) if domain else ()

    def _nearest(self, tenant: TenantId, domain: str) -> tuple[SigningKey, ...]:
        found = (self._keys.signing_for(tenant, each) for each in _above(domain))
        return next(filter(None, found), ())


def is_changed(copy: QueuedCopy) -> bool:
    """Tell whether more was done to the message than adding fields on top of it."""
    return any(splice.length or splice.offset for splice in copy.splices)


async def _readable(payload: Payload) -> RawMessage | StreamedMessage:
    if payload.whole is not None:
        return RawMessage(payload.whole)
    return StreamedMessage(await payload.header() + b"\r\n\r\n", payload.pieces)


def _above(domain: str) -> Iterator[str]:
    # A name of one label signs for nobody.
    return (name for name in names_above(domain.lower()) if "." in name)

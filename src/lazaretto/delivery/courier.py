"""Carries copies to one destination, over one connection for as long as it lasts.

The hosts of a destination are called in order.  Only where a conversation failed before the message
was handed over is the next host called; what a host answers about a recipient stands.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass

from lazaretto.core.queued import Outcome, QueuedCopy, RecipientOutcome, Remote
from lazaretto.core.reply import Reply
from lazaretto.core.snapshot import NextHop
from lazaretto.delivery.client import Conversation, Handover
from lazaretto.delivery.connecting import Opener
from lazaretto.delivery.failures import ConversationFailed, HandshakeFailed, TlsNotOffered
from lazaretto.delivery.payload import Payload
from lazaretto.delivery.routing import Router, Unroutable
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.delivery.tls_policy import TlsPolicy

_MOST_REMEMBERED = 10_000


class DeadHosts:
    """Remembers for a while which hosts did not answer, so that others are called before them."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._until: dict[str, float] = {}

    def note(self, hop: NextHop) -> None:
        """Remember that ``hop`` did not answer."""
        if len(self._until) >= _MOST_REMEMBERED:
            self._until.clear()
        self._until[hop.key] = time.monotonic() + self._seconds

    def note_alive(self, hop: NextHop) -> None:
        """Remember that ``hop`` answered."""
        self._until.pop(hop.key, None)

    def last(self, hops: tuple[NextHop, ...]) -> tuple[NextHop, ...]:
        """Return ``hops`` with those that are remembered moved behind the others."""
        now = time.monotonic()
        return tuple(sorted(hops, key=lambda hop: self._until.get(hop.key, 0.0) > now))


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What all couriers of a process share."""

    router: Router
    opener: Opener
    tls_policy: TlsPolicy
    dead_hosts: DeadHosts
    settings: DeliverySettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What came of carrying one copy."""

    outcomes: tuple[RecipientOutcome, ...]
    notifies: bool = False
    reached: bool = True
    """False when hosts were called in vain: a sign that the destination had better be left alone."""
    tls_unmet: bool = False


class Courier:
    """One connection's worth of deliveries; carries one copy at a time."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._conversation: Conversation | None = None

    @property
    def is_connected(self) -> bool:
        """Tell whether another copy could go over the open connection."""
        conversation, settings = self._conversation, self._means.settings
        return (
            conversation is not None
            and conversation.is_reusable
            and conversation.transactions < settings.messages_per_connection
            and time.monotonic() - conversation.opened_at < settings.connection_age.total_seconds()
        )

    async def carry(self, copy: QueuedCopy, payload: Payload) -> Carried:
        """Offer ``copy`` to the hosts of its destination; return what became of each recipient."""
        if self.is_connected:
            try:
                return _carried(await self._transact(copy, payload))
            except ConversationFailed:
                # The other side hung up between two messages, as it may; call again.
                self._drop()
        await self.rest()
        try:
            return await self._call_in_turn(copy, payload)
        except Unroutable as unroutable:
            return _for_all(copy, unroutable.reply)

    async def rest(self) -> None:
        """Take leave of the host; the next copy needs a new connection."""
        conversation, self._conversation = self._conversation, None
        if conversation is not None:
            await conversation.quit()

    async def _call_in_turn(self, copy: QueuedCopy, payload: Payload) -> Carried:
        means = self._means
        hops = means.dead_hosts.last(await means.router.hops(copy.destination))
        failure, remote, tls_unmet = Reply(451, "4.4.4", "no host to call"), Remote(), False
        hopeless = 0
        calls = iter(range(means.settings.max_addresses))
        for hop in hops:
            if next(calls, None) is None:
                break
            remote = Remote(host=hop.host, port=hop.port)
            try:
                self._conversation = await self._open(copy, hop, calls)
                remote = self._conversation.remote
                means.dead_hosts.note_alive(hop)
                return _carried(await self._transact(copy, payload))
            except Unroutable as unroutable:
                failure = unroutable.reply
                hopeless += failure.is_permanent
            except ConversationFailed as failed:
                failure = failed.reply
                tls_unmet = isinstance(failed, TlsNotOffered | HandshakeFailed)
                means.dead_hosts.note(hop)
                self._drop()
        if hopeless == len(hops):
            # The DNS was asked and says that not one of the hosts will ever have an address.
            return _for_all(copy, failure)
        return _for_all(copy, failure, remote, reached=False, tls_unmet=tls_unmet)

    async def _open(self, copy: QueuedCopy, hop: NextHop, calls: Iterator[int]) -> Conversation:
        means = self._means
        demand = await means.tls_policy.demand(copy.destination, hop)
        addresses = await means.router.addresses(copy.destination, hop)
        # The first address is paid for already; each further one is a call of its own.
        addresses = addresses[:1] + tuple(ip for ip in addresses[1:] if next(calls, None) is not None)
        return await means.opener.open(hop, addresses, demand)

    async def _transact(self, copy: QueuedCopy, payload: Payload) -> Handover:
        assert self._conversation is not None
        try:
            return await self._conversation.transact(copy, copy.recipients, payload)
        except BaseException:
            self._drop()
            raise

    def _drop(self) -> None:
        conversation, self._conversation = self._conversation, None
        if conversation is not None:
            conversation.close()


def _carried(handover: Handover) -> Carried:
    return Carried(outcomes=handover.outcomes, notifies=handover.notifies)


def _for_all(
    copy: QueuedCopy,
    reply: Reply,
    remote: Remote = Remote(),  # noqa: B008  (frozen)
    *,
    reached: bool = True,
    tls_unmet: bool = False,
) -> Carried:
    """Return the same ``reply`` for every recipient; a host's 5xx before a transaction only defers."""
    is_final = reached and reply.is_permanent
    outcome = Outcome.FAILED if is_final else Outcome.DEFERRED
    outcomes = tuple(
        RecipientOutcome(number=recipient.number, outcome=outcome, reply=reply, remote=remote)
        for recipient in copy.recipients
    )
    return Carried(outcomes=outcomes, reached=reached, tls_unmet=tls_unmet)

"""Carries copies to one destination, over one connection for as long as it lasts.

The hosts of a destination are called in order.  Only where a conversation failed before the message
was handed over is the next host called; what a host answers about a recipient stands.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass, field

from lazaretto.core.envelope import TlsRecord
from lazaretto.core.queued import Outcome, QueuedCopy, RecipientOutcome, Remote
from lazaretto.core.reply import Reply
from lazaretto.core.snapshot import NextHop
from lazaretto.delivery.client import Conversation, Handover
from lazaretto.delivery.connecting import Opener
from lazaretto.delivery.dead_hosts import DeadHosts
from lazaretto.delivery.failures import ConversationFailed, PolicyUnmet, TlsUnmet
from lazaretto.delivery.pacing import Pacing, Place
from lazaretto.delivery.payload import Payload
from lazaretto.delivery.routing import Router, Unroutable
from lazaretto.delivery.settings import DeliverySettings
from lazaretto.delivery.tls_demand import ChannelDemand
from lazaretto.delivery.tls_policy import TlsPolicy


@dataclass(frozen=True, slots=True, kw_only=True)
class Means:
    """What all couriers of a process share."""

    router: Router
    opener: Opener
    tls_policy: TlsPolicy
    dead_hosts: DeadHosts
    settings: DeliverySettings
    pacing: Pacing = field(default_factory=Pacing)


@dataclass(frozen=True, slots=True, kw_only=True)
class Carried:
    """What came of carrying one copy."""

    outcomes: tuple[RecipientOutcome, ...]
    notifies: bool = False
    reached: bool = True
    """False when hosts were called in vain: a sign that the destination had better be left alone."""
    tls_unmet: bool = False


@dataclass(frozen=True, slots=True)
class _Called:
    """Whom the open connection leads to, and under which demand it was opened."""

    hop: NextHop
    demand: ChannelDemand
    place: Place


class Courier:
    """One connection's worth of deliveries; carries one copy at a time."""

    def __init__(self, means: Means) -> None:
        self._means = means
        self._conversation: Conversation | None = None
        self._called: _Called | None = None

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
        if self.is_connected and await self._is_good_enough(copy):
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
        try:
            if conversation is not None:
                await conversation.quit()
        finally:
            self._leave()

    async def _is_good_enough(self, copy: QueuedCopy) -> bool:
        """Tell whether the open connection meets exactly what is demanded for ``copy``, when its turn comes.

        Copies of several tenants and domains go to one host, and not all demand the same.
        """
        means, called = self._means, self._called
        if called is None:
            return False
        try:
            demand = await means.tls_policy.demand(copy, called.hop)
        except TlsUnmet:
            return False
        if demand != called.demand:
            return False
        await means.pacing.turn(means.router.limits(copy.destination, called.hop))
        return self.is_connected

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
                self._drop()
            except ConversationFailed as failed:
                failure, tls_unmet = failed.reply, isinstance(failed, TlsUnmet)
                if isinstance(failed, TlsUnmet):
                    remote = failed.remote or remote
                else:
                    means.dead_hosts.note(hop)
                self._drop()
        if hopeless == len(hops):
            # The DNS was asked and says that not one of the hosts will ever have an address.
            return _for_all(copy, failure)
        return _for_all(copy, failure, remote, reached=False, tls_unmet=tls_unmet)

    async def _open(self, copy: QueuedCopy, hop: NextHop, calls: Iterator[int]) -> Conversation:
        means = self._means
        demand = await self._demand(copy, hop)
        addresses = await means.router.addresses(copy.destination, hop)
        # The first address is paid for already; each further one is a call of its own.
        addresses = addresses[:1] + tuple(ip for ip in addresses[1:] if next(calls, None) is not None)
        limits = means.router.limits(copy.destination, hop)
        await means.pacing.turn(limits)
        self._called = _Called(hop, demand, await means.pacing.place(limits))
        try:
            conversation = await means.opener.open(hop, addresses, demand)
        except TlsUnmet as unmet:
            means.tls_policy.note(copy, demand, unmet.remote or Remote(host=hop.host, port=hop.port))
            raise
        except BaseException:
            self._leave()
            raise
        means.tls_policy.note(copy, demand, conversation.remote)
        return conversation

    async def _demand(self, copy: QueuedCopy, hop: NextHop) -> ChannelDemand:
        policy = self._means.tls_policy
        try:
            return await policy.demand(copy, hop)
        except PolicyUnmet as unmet:
            channel = TlsRecord(policy=unmet.policy, failure=unmet.kind.value)
            unmet.remote = Remote(host=hop.host, port=hop.port, channel=channel)
            policy.note(copy, ChannelDemand(policy=unmet.policy, is_required=True), unmet.remote)
            raise

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
        self._leave()

    def _leave(self) -> None:
        called, self._called = self._called, None
        if called is not None:
            called.place.leave()


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

"""Who may receive: never a relay for strangers (RFC 5321 §3.6.2), never a mailbox that is not there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from lazaretto.core.address import Address
from lazaretto.core.envelope import Direction, Recipient
from lazaretto.core.reply import Reply
from lazaretto.core.snapshot import Directory, TenantSnapshot
from lazaretto.edge.gates.sender import may_send
from lazaretto.edge.replies import (
    INVALID_RECIPIENT,
    MESSAGE_TOO_BIG,
    RELAYING_DENIED,
    SENDER_NOT_ALLOWED,
    SUSPENDED,
)
from lazaretto.protocol.parameters import RcptParameters

_ROUTING_MARKS: Final = frozenset('%!@"')


@dataclass(frozen=True, slots=True)
class Admitted:
    """A recipient that was accepted, and for whom."""

    recipient: Recipient
    tenant: TenantSnapshot
    direction: Direction


@dataclass(frozen=True, slots=True)
class TurnedAway:
    """A recipient that was not."""

    reply: Reply
    reason: str
    """The truth, for our own people."""
    tenant: TenantSnapshot | None = None
    direction: Direction = Direction.INBOUND
    unknown: bool = False
    """The mailbox does not exist; many of these are a directory harvest."""


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks: the tenant that registered the client's address, and what MAIL said."""

    sender: TenantSnapshot | None
    reverse_path: Address | None
    size: int | None


def admit(
    address: Address, parameters: RcptParameters, asking: Asking, directory: Directory
) -> Admitted | TurnedAway:
    """Decide about one recipient.  A tenant's domain is inbound, whoever asks; the rest is outbound."""
    recipient = Recipient(address=str(address), notify=parameters.notify, original=parameters.original)
    tenant = directory.tenant_of(address.domain)
    if tenant is not None:
        return _inbound(address, recipient, tenant, asking.size)
    return _outbound(address, recipient, asking)


def _inbound(
    address: Address, recipient: Recipient, tenant: TenantSnapshot, size: int | None
) -> Admitted | TurnedAway:
    if not _exists(address, tenant):
        return TurnedAway(INVALID_RECIPIENT, "not on the validation list", tenant, unknown=True)
    return _within_limits(Admitted(recipient, tenant, Direction.INBOUND), size)


def _outbound(address: Address, recipient: Recipient, asking: Asking) -> Admitted | TurnedAway:
    sender = asking.sender
    if sender is None or address.domain.startswith("["):
        return TurnedAway(RELAYING_DENIED, "relaying denied")
    if not may_send(asking.reverse_path, sender):
        return TurnedAway(SENDER_NOT_ALLOWED, "sender not allowed", sender, Direction.OUTBOUND)
    return _within_limits(Admitted(recipient, sender, Direction.OUTBOUND), asking.size)


def _within_limits(admitted: Admitted, size: int | None) -> Admitted | TurnedAway:
    tenant = admitted.tenant
    if tenant.suspended:
        return TurnedAway(SUSPENDED, "tenant is suspended", tenant, admitted.direction)
    if size is not None and size > tenant.max_message_size:
        return TurnedAway(
            MESSAGE_TOO_BIG, "announced size above the tenant's limit", tenant, admitted.direction
        )
    return admitted


def _exists(address: Address, tenant: TenantSnapshot) -> bool:
    # Somebody behind us may read these marks as a route to elsewhere: such a mailbox exists only
    # when the tenant says so by name, even where every other address is taken on trust.
    if _ROUTING_MARKS.isdisjoint(address.local):
        return tenant.accepts(str(address))
    return address.folded in tenant.addresses

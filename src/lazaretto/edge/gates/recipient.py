"""Who may receive: never a relay for strangers (RFC 5321 §3.6.2), never a mailbox that is not there."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from lazaretto.core.address import Address
from lazaretto.core.envelope import Direction, Recipient, Tls
from lazaretto.core.reply import Reply
from lazaretto.core.snapshot import Directory, TenantSnapshot
from lazaretto.edge.gates.channel import NOTHING, demanded, unmet
from lazaretto.edge.gates.proof import Sender
from lazaretto.edge.gates.sender import may_send
from lazaretto.edge.notices import Oversize
from lazaretto.edge.replies import (
    ENCRYPTION_NEEDED,
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
    owes_token: bool = False
    """Accepted only if the tenant's token stands in the header."""
    tls_policy: str = NOTHING
    """What the tenant demands of the channel, and has."""


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
    too_big: Oversize | None = None
    """What its people are told."""
    tls_policy: str = NOTHING


@dataclass(frozen=True, slots=True)
class Asking:
    """Who asks: the tenant that the client may send for, and what MAIL said."""

    sender: Sender | None
    reverse_path: Address | None
    size: int | None
    tls: Tls | None = None
    """What the session agreed on; None when it is in clear."""


def admit(
    address: Address, parameters: RcptParameters, asking: Asking, directory: Directory
) -> Admitted | TurnedAway:
    """Decide about one recipient.  A tenant's domain is inbound, whoever asks; the rest is outbound."""
    recipient = Recipient(address=str(address), notify=parameters.notify, original=parameters.original)
    tenant = directory.tenant_of(address.domain)
    if tenant is not None:
        return _inbound(address, recipient, tenant, asking)
    return _outbound(address, recipient, asking)


def _inbound(
    address: Address, recipient: Recipient, tenant: TenantSnapshot, asking: Asking
) -> Admitted | TurnedAway:
    if not _exists(address, tenant):
        if address.local.casefold() != "postmaster":
            return TurnedAway(INVALID_RECIPIENT, "not on the validation list", tenant, unknown=True)
        recipient = _for_postmaster(recipient, tenant)
    return _within_limits(Admitted(recipient, tenant, Direction.INBOUND), asking)


def _for_postmaster(recipient: Recipient, tenant: TenantSnapshot) -> Recipient:
    """Return who gets a domain's postmaster mail where no such mailbox is registered.

    RFC 5321 §4.5.1 wants it taken always.  It goes to the first administrator with a mailbox at the
    tenant; without one the tenant's own server must know what to do with it.
    """
    own = (each for each in tenant.administrators if tenant.accepts(each))
    address = next(own, "")
    if not address:
        return recipient
    original = recipient.original or f"rfc822;{recipient.address}"
    return replace(recipient, address=address, original=original)


def _outbound(address: Address, recipient: Recipient, asking: Asking) -> Admitted | TurnedAway:
    sender = asking.sender
    if sender is None or address.domain.startswith("["):
        return TurnedAway(RELAYING_DENIED, "relaying denied")
    if not may_send(asking.reverse_path, sender.tenant):
        return TurnedAway(SENDER_NOT_ALLOWED, "sender not allowed", sender.tenant, Direction.OUTBOUND)
    admitted = Admitted(recipient, sender.tenant, Direction.OUTBOUND, owes_token=sender.owes_token)
    return _within_limits(admitted, asking)


def _within_limits(admitted: Admitted, asking: Asking) -> Admitted | TurnedAway:
    tenant = admitted.tenant
    if tenant.suspended:
        return TurnedAway(SUSPENDED, "tenant is suspended", tenant, admitted.direction)
    limit = tenant.max_message_size
    if asking.size is not None and asking.size > limit:
        return TurnedAway(
            MESSAGE_TOO_BIG,
            f"announced size too big: {asking.size} octets, {limit} are allowed",
            tenant,
            admitted.direction,
            too_big=Oversize(tenant, admitted.recipient.address, admitted.direction, asking.size, limit),
        )
    return _over_its_channel(admitted, asking)


def _over_its_channel(admitted: Admitted, asking: Asking) -> Admitted | TurnedAway:
    tenant, direction = admitted.tenant, admitted.direction
    policy, minimum_version = demanded(tenant, asking.reverse_path, direction)
    if missing := unmet(policy, minimum_version, asking.tls):
        return TurnedAway(ENCRYPTION_NEEDED, missing, tenant, direction, tls_policy=policy)
    return admitted if policy == NOTHING else replace(admitted, tls_policy=policy)


def _exists(address: Address, tenant: TenantSnapshot) -> bool:
    # Somebody behind us may read these marks as a route to elsewhere: such a mailbox exists only
    # when the tenant says so by name, even where every other address is taken on trust.
    if _ROUTING_MARKS.isdisjoint(address.local):
        return tenant.accepts(str(address))
    return address.folded in tenant.addresses

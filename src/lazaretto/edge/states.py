"""Where a dialogue stands.  The type says it: what a state does not have, nobody can use by mistake."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field

from lazaretto.core.address import fold
from lazaretto.core.envelope import Direction, Envelope, Leg, Recipient
from lazaretto.core.excess import Excess
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.edge.gates.recipient import Admitted
from lazaretto.edge.notices import Oversize
from lazaretto.edge.weighing import Weight
from lazaretto.protocol.paths import MailCommand

_Part = tuple[TenantId, Direction]


@dataclass(frozen=True, slots=True)
class Unintroduced:
    """Neither EHLO nor HELO was said, or STARTTLS made us forget it."""


@dataclass(frozen=True, slots=True)
class Introduced:
    """The client said who it claims to be."""

    helo: str
    extended: bool
    """By EHLO, not HELO."""


@dataclass(slots=True)
class Transaction:
    """MAIL was accepted; recipients follow.  Ends with any final reply after the dot."""

    introduced: Introduced
    mail: MailCommand
    admitted: list[Admitted] = field(default_factory=list)
    """Each recipient once."""
    accepted: int = 0
    """RCPTs answered 250, repeated recipients included."""
    overshoots: int = 0
    too_big: list[Oversize] = field(default_factory=list)
    """Recipients who could not get it for its size; they are told when the transaction ends."""
    weight: Weight = field(default_factory=Weight)
    """What the message was counted as."""
    is_kept: bool = False
    """It was answered 250."""
    excesses: dict[_Part, Excess] = field(default_factory=dict)
    """Limits that its parts went beyond."""
    _known: set[str] = field(default_factory=set)
    _sizes: Counter[_Part] = field(default_factory=Counter)

    @property
    def reverse_path(self) -> str:
        """The address for DSNs; empty when null."""
        return str(self.mail.reverse_path) if self.mail.reverse_path else ""

    def admit(self, admitted: Admitted) -> None:
        """Add a recipient; one that was named before is not added again."""
        self.accepted += 1
        folded = fold(admitted.recipient.address)
        if folded not in self._known:
            self._known.add(folded)
            self.admitted.append(admitted)
            self._sizes[admitted.tenant.tenant, admitted.direction] += 1

    def counts_for(self, tenant: TenantSnapshot) -> tuple[int, int]:
        """Return how many recipients are people of ``tenant``, and how many are not."""
        internal = self._sizes[tenant.tenant, Direction.INBOUND]
        return internal, len(self.admitted) - internal

    @property
    def tenants(self) -> tuple[TenantSnapshot, ...]:
        """Every tenant that takes part."""
        return tuple({each.tenant.tenant: each.tenant for each in self.admitted}.values())

    @property
    def owing(self) -> tuple[Admitted, ...]:
        """The recipients for whom a token must stand in the header; all of one tenant."""
        return tuple(each for each in self.admitted if each.owes_token)

    @property
    def max_message_size(self) -> int:
        """The smallest limit of the tenants that take part: one reply must be true for all."""
        return min(tenant.max_message_size for tenant in self.tenants)

    @property
    def envelope(self) -> Envelope:
        """The envelope as it stands."""
        parameters = self.mail.parameters
        return Envelope(
            reverse_path=self.reverse_path,
            recipients=tuple(each.recipient for each in self.admitted),
            body=parameters.body,
            smtputf8=parameters.smtputf8,
            envid=parameters.envid,
            ret=parameters.ret,
        )

    @property
    def legs(self) -> tuple[Leg, ...]:
        """The recipients by tenant and direction, in the order in which they were named."""
        parts: dict[_Part, list[Admitted]] = {}
        for each in self.admitted:
            parts.setdefault((each.tenant.tenant, each.direction), []).append(each)
        return tuple(_leg(members, self.excesses.get(part)) for part, members in parts.items())


State = Unintroduced | Introduced | Transaction


def _leg(part: list[Admitted], excess: Excess | None) -> Leg:
    recipients: tuple[Recipient, ...] = tuple(each.recipient for each in part)
    first = part[0]
    return Leg(
        tenant=first.tenant.tenant,
        direction=first.direction,
        recipients=recipients,
        tls_policy=first.tls_policy,
        excess=excess,
    )

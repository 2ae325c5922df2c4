"""A change tried on what was kept: which copies would fare otherwise."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

import msgspec

from lazaretto.core.decision import Decision, Disposition
from lazaretto.core.envelope import Client
from lazaretto.core.facts import Dkim, Dmarc, Facts, Spf
from lazaretto.core.findings import Finding
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.core.stored import StoredLook
from lazaretto.policy.replaying import decisions_again


@dataclass(frozen=True, slots=True, kw_only=True)
class Fate:
    """What becomes of a copy, as people see it."""

    disposition: Disposition
    actions: tuple[str, ...] = ()

    @property
    def words(self) -> str:
        """``deliver + tag-subject``."""
        return " + ".join((self.disposition.word, *self.actions))


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A recipient whose copy would fare otherwise."""

    recipient: str
    before: Fate
    after: Fate
    setting: str
    """What decides after the change; empty when nothing speaks any more."""


class KnownFacts(msgspec.Struct, frozen=True):
    """What was kept of the facts."""

    spf: Spf = Spf()
    dkim: tuple[Dkim, ...] = ()
    dmarc: Dmarc = Dmarc()


_decoder: Final = msgspec.msgpack.Decoder(KnownFacts)


def facts_of(look: StoredLook, received_at: datetime | None = None) -> Facts:
    """Return the facts that were kept, as far as lists of senders need them."""
    known = _decoder.decode(look.facts) if bytes(look.facts) else KnownFacts()
    return Facts(
        received_at=received_at or datetime(1970, 1, 1, tzinfo=UTC),
        client=Client(ip=look.client_ip),
        reverse_path=look.reverse_path,
        recipients=tuple(dict.fromkeys(one for copy in look.copies for one in copy.recipients)),
        spf=known.spf,
        dkim=known.dkim,
        dmarc=known.dmarc,
    )


@dataclass(frozen=True, slots=True)
class Trial:
    """Two configurations and, where their lists differ, the findings that each of them makes."""

    before: TenantSnapshot
    after: TenantSnapshot

    def differences(
        self,
        look: StoredLook,
        findings_before: Sequence[Finding] | None = None,
        findings_after: Sequence[Finding] | None = None,
    ) -> Iterator[Difference]:
        """Yield the recipients about whom the two decide otherwise."""
        stored = [each.finding() for each in look.findings] if findings_before is None else findings_before
        one = decisions_again(look, self.before, stored)
        other = decisions_again(look, self.after, stored if findings_after is None else findings_after)
        for recipient, decision in one.items():
            changed = other[recipient]
            if decision.disposition is not changed.disposition or decision.orders != changed.orders:
                yield Difference(
                    recipient=recipient,
                    before=_fate(decision),
                    after=_fate(changed),
                    setting=changed.reasons[0].setting if changed.reasons else "",
                )


def _fate(decision: Decision) -> Fate:
    return Fate(
        disposition=decision.disposition,
        actions=tuple(dict.fromkeys(order.action for order in decision.orders if order.action != "redirect")),
    )

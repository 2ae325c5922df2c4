"""What a change takes away that is in use: mail is refused or has no way afterwards.

The portal asks people before each of these.  A program publishes a whole document or a whole table, and a
half-written file looks like any other: it is told what would be lost, with a word for exactly that, and
has to send the word back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final

from lazaretto.core.address import domain_of, fold
from lazaretto.core.errors import ConfigurationError
from lazaretto.tenants.document import TenantDocument

LARGE_SHARE: Final = 0.2
"""Of the addresses that exist; to remove more takes a second word."""


@dataclass(frozen=True, slots=True)
class Loss:
    """Something in use that is not there afterwards."""

    where: str
    """Its place in the document, such as ``domains.customer.example``."""
    meaning: str


class UnconfirmedRemoval(ConfigurationError):
    """A change would take away what is in use, and nobody said that this is meant."""

    def __init__(self, losses: Sequence[Loss]) -> None:
        named = "; ".join(f"{each.where}: {each.meaning}" for each in losses[:5])
        more = f" and {len(losses) - 5} more" if len(losses) > 5 else ""
        super().__init__(f"this takes away what is in use: {named}{more}")
        self.losses = losses
        self.word = word_for(losses)


def demand_confirmed(before: TenantDocument, after: TenantDocument, word: str) -> None:
    """Raise ``UnconfirmedRemoval`` where ``after`` loses what is in use and ``word`` is not for that."""
    losses = tuple(losses_between(before, after))
    if losses and word != word_for(losses):
        raise UnconfirmedRemoval(losses)


def word_for(losses: Sequence[Loss]) -> str:
    """Return what confirms ``losses`` and no other ones."""
    said = "\n".join(f"{each.where} {each.meaning}" for each in losses)
    return sha256(said.encode()).hexdigest()[:16]


def losses_between(before: TenantDocument, after: TenantDocument) -> Iterator[Loss]:
    """Yield what is in use in ``before`` and lost in ``after``: domains, ways of delivery, many addresses."""
    gone = before.domains.keys() - after.domains.keys()
    yield from _lost_domains(before, gone)
    for domain in sorted(before.domains.keys() & after.domains.keys()):
        old, new = before.domains[domain], after.domains[domain]
        if (old.routes or old.route) and not (new.routes or new.route):
            yield Loss(f"domains.{domain}", "no server is left to deliver its mail to")
        if old.fallback and not new.fallback and old.fallback not in after.routes:
            yield Loss(f"routes.{old.fallback}", f"{domain} falls back to it, and has nothing instead")
    yield from _lost_addresses(before, after, gone)


def is_large_removal(removed: int, before: int) -> bool:
    """Tell whether ``removed`` of ``before`` addresses are suspiciously many; all who ask do it by this rule.

    One who leaves may be a third of a small list, and nobody is asked about that; half of a list is much,
    however short it is.
    """
    several = removed > 1 and removed > before * LARGE_SHARE
    return several or 0 < before <= removed * 2


def _lost_domains(before: TenantDocument, gone: set[str]) -> Iterator[Loss]:
    if not gone:
        return
    addresses, aliases = Counter(map(domain_of, before.addresses)), Counter(map(domain_of, before.aliases))
    for domain in sorted(gone):
        counts = f"{addresses[domain]} addresses and {aliases[domain]} aliases"
        yield Loss(f"domains.{domain}", f"mail for it is refused; {counts} go with it")


def _lost_addresses(before: TenantDocument, after: TenantDocument, gone: set[str]) -> Iterator[Loss]:
    """Yield at most one loss: the addresses that go though their domain stays, where they are many."""
    kept = _registered(after)
    known = {each for each in _registered(before) if domain_of(each) not in gone}
    removed = len(known - kept)
    if is_large_removal(removed, len(known)):
        yield Loss("addresses", f"mail to {removed} of {len(known)} addresses and aliases is refused")


def _registered(document: TenantDocument) -> set[str]:
    return set(map(fold, (*document.addresses, *document.aliases)))

"""Snapshots as the look needs them: each tenant's published configuration with what counts besides.

Indicators, and what people said of kinds of mail, change by the minute and are no part of the document.
The snapshot that a look is judged by carries them, and the rules that act on indicators, so that judging
stays a function of what is given.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Final

from lazaretto.core.decision import ActionOrder, Disposition
from lazaretto.core.identity import TenantId
from lazaretto.core.leanings import OFF, Leaning
from lazaretto.core.snapshot import Condition, Directory, Rule, TenantSnapshot
from lazaretto.intelligence.indicator_following import IndicatorSubject
from lazaretto.intelligence.leaning_store import LeaningSubject

_TAG: Final = "[INDICATOR]"
_FIELD: Final = "X-Lazaretto-Found"


@dataclass(frozen=True, slots=True)
class _Known:
    """What a snapshot was made of."""

    plain: TenantSnapshot
    revision: int
    leanings: tuple[Leaning, ...]
    equipped: TenantSnapshot

    def is_of(self, plain: TenantSnapshot, revision: int, leanings: tuple[Leaning, ...]) -> bool:
        return self.plain is plain and self.revision == revision and self.leanings is leanings


class EquippedDirectory:
    """Implements ``core.snapshot.Directory`` over another one."""

    def __init__(
        self, directory: Directory, indicators: IndicatorSubject, leanings: LeaningSubject | None = None
    ) -> None:
        self._directory = directory
        self._indicators = indicators
        self._leanings = leanings or LeaningSubject()
        self._revision = 0
        self._known: dict[TenantId, _Known] = {}

    def tenant_of(self, domain: str) -> TenantSnapshot | None:
        """Return the tenant that receives mail for ``domain``."""
        return self._directory.tenant_of(domain)

    def sender_at(self, ip: str) -> TenantSnapshot | None:
        """Return the tenant that registered ``ip``."""
        return self._directory.sender_at(ip)

    def sender_showing(self, proof: str) -> TenantSnapshot | None:
        """Return the one tenant that registered ``proof``."""
        return self._directory.sender_showing(proof)

    def by_id(self, tenant: TenantId) -> TenantSnapshot | None:
        """Return the tenant's snapshot with its indicators."""
        plain = self._directory.by_id(tenant)
        if plain is None:
            self._known.pop(tenant, None)
            return None
        leanings = () if plain.options.get(OFF) == "off" else self._leanings.of(tenant)
        revision = self._indicators.revision
        known = self._known.get(tenant)
        if known is not None and known.is_of(plain, revision, leanings):
            return known.equipped
        equipped = self._equipped(plain, leanings)
        self._known[tenant] = _Known(plain, revision, leanings, equipped)
        return equipped

    def _equipped(self, snapshot: TenantSnapshot, leanings: tuple[Leaning, ...]) -> TenantSnapshot:
        entries = self._indicators.of(snapshot.tenant)
        if not entries and not leanings:
            # Without entries a revision of others changes nothing for this tenant's workers.
            return snapshot
        # Workers know a snapshot by this number, whichever of the two has changed.
        self._revision += 1
        snapshot = replace(snapshot, leanings=leanings, indicators_revision=self._revision)
        if not entries:
            return snapshot
        rules = indicator_rules(snapshot.administrators)
        return replace(
            snapshot,
            indicators=entries,
            rules=(*rules, *snapshot.rules),
            levels=tuple(replace(each, rules=(*rules, *each.rules)) for each in snapshot.levels),
        )


def indicator_rules(administrators: tuple[str, ...]) -> tuple[Rule, ...]:
    """Return the rules that act on what indicators find."""
    redirect = (
        ((Disposition.REDIRECT, (ActionOrder(action="redirect", parameters={"address": administrators[0]}),)))
        # Where there is nobody to see it, it waits for an operator.
        if administrators
        else (Disposition.QUARANTINE, ())
    )
    tag = ActionOrder(action="tag-subject", parameters={"tag": _TAG})
    header = ActionOrder(action="add-header", parameters={"name": _FIELD, "value": "indicator"})
    return (
        _rule("block", "INDICATOR_BLOCK", Disposition.REJECT),
        _rule("quarantine", "INDICATOR_QUARANTINE", Disposition.QUARANTINE),
        _rule("redirect", "INDICATOR_REDIRECT", *redirect),
        _rule("tag", "INDICATOR_TAG", Disposition.DELIVER, (tag,)),
        _rule("header", "INDICATOR_HEADER", Disposition.DELIVER, (header,)),
    )


def _rule(word: str, symbol: str, disposition: Disposition, orders: tuple[ActionOrder, ...] = ()) -> Rule:
    return Rule(
        name=f"indicators.{word}",
        setting=f"indicators = {word}",
        when=Condition(symbols=frozenset({symbol})),
        disposition=disposition,
        orders=orders,
        quarantine_reason="policy",
        after_acceptance=Disposition.DELETE,
    )

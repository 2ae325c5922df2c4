"""Which messages a change of configuration can touch, as far as an index can tell.

An answer may name too many messages, never too few: those that it does not name are decided alike by
both configurations.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from lazaretto.core.findings import Verdict
from lazaretto.core.snapshot import (
    DEFAULT_THRESHOLDS,
    Condition,
    PersonalSenders,
    Policy,
    Rule,
    SenderList,
    TenantSnapshot,
)
from lazaretto.policy.verdicts import SUMMED

_SUMS: Final[Mapping[Verdict, tuple[str, ...]]] = {
    # Phishing that falls short of its own share is spam.
    Verdict.SPAM: ("spam", "phishing"),
    Verdict.PHISHING: ("phishing",),
    Verdict.BULK: ("bulk",),
}
_NOTHING: Final = PersonalSenders()


@dataclass(slots=True)
class Reach:
    """Messages with any of these; ``everything`` where no index helps."""

    everything: bool = False
    symbols: set[str] = field(default_factory=set)
    """Names of findings; a ``*`` at the end stands for any ending."""
    classes: set[str] = field(default_factory=set)
    """Classes that one finding reaches."""
    senders: set[str] = field(default_factory=set)
    networks: set[str] = field(default_factory=set)
    newsletters: set[str] = field(default_factory=set)
    """Identities of mailing lists."""
    mailboxes_differ: bool = False
    """Whether some addresses belong to other mailboxes, whose people have lists of their own."""
    sums_from: dict[str, float] = field(default_factory=dict)
    """A sum of ``spam``, ``phishing`` or ``bulk`` of at least this."""
    sums_between: dict[str, tuple[float, float]] = field(default_factory=dict)
    """A sum in this span, both ends included."""
    score_from: float | None = None

    @property
    def is_empty(self) -> bool:
        """Tell whether the change touches nothing that was ever judged."""
        return (
            not self.everything
            and not any(
                (self.symbols, self.classes, self.senders, self.networks, self.sums_from, self.sums_between)
            )
            and not self.newsletters
            and self.score_from is None
        )

    @property
    def lists_differ(self) -> bool:
        """Tell whether findings of senders' lists have to be made again."""
        return bool(self.senders or self.networks) or self.mailboxes_differ


def reach_of(before: TenantSnapshot, after: TenantSnapshot) -> Reach:
    """Return which messages ``after`` may judge otherwise than ``before``."""
    reach = Reach()
    if before.address_registration is not after.address_registration:
        # Quarantines that need it come or go: all rules that have one.
        _add_rules(reach, [rule for rule in after.rules if rule.needs_registration], before, after)
    if _who(before) != _who(after):
        reach.everything = True
        reach.mailboxes_differ = bool(before.personal or after.personal)
    reach.newsletters |= {each.list for each in set(before.newsletters) ^ set(after.newsletters)}
    for one, other in _policies(before, after):
        _add_policy(reach, one, other, before, after)
    _add_list(reach, before.approved, after.approved)
    _add_list(reach, before.blocked, after.blocked)
    for mailbox in before.personal.keys() | after.personal.keys():
        mine, changed = before.personal.get(mailbox, _NOTHING), after.personal.get(mailbox, _NOTHING)
        _add_list(reach, mine.approved, changed.approved)
        _add_list(reach, mine.blocked, changed.blocked)
    return reach


def _who(snapshot: TenantSnapshot) -> tuple[object, ...]:
    """Return everything that says whose policy and whose own lists hold for whom."""
    if not snapshot.levels and not snapshot.personal:
        return ()
    return snapshot.domain_levels, snapshot.address_levels, snapshot.aliases, snapshot.plus_addresses


def _policies(before: TenantSnapshot, after: TenantSnapshot) -> Iterator[tuple[Policy, Policy]]:
    yield _own(before), _own(after)
    yield from zip(before.levels, after.levels, strict=False)


def _own(snapshot: TenantSnapshot) -> Policy:
    return Policy(rules=snapshot.rules, thresholds=snapshot.thresholds, approvals=snapshot.approvals)


def _add_policy(
    reach: Reach, one: Policy, other: Policy, before: TenantSnapshot, after: TenantSnapshot
) -> None:
    if one.rules != other.rules:
        kept, wanted = set(map(_key, one.rules)), set(map(_key, other.rules))
        changed = [
            rule for rule in (*one.rules, *other.rules) if (_key(rule) in kept) != (_key(rule) in wanted)
        ]
        _add_rules(reach, changed, before, after)
    for name, usual in DEFAULT_THRESHOLDS.items():
        low, high = sorted((one.thresholds.get(name, usual), other.thresholds.get(name, usual)))
        if low != high:
            _add_band(reach, name, low, high)
    reach.symbols |= one.approvals ^ other.approvals


def _add_band(reach: Reach, name: str, low: float, high: float) -> None:
    known = reach.sums_between.get(name, (low, high))
    reach.sums_between[name] = (min(low, known[0]), max(high, known[1]))
    if name == "phishing":
        # The share of its own that phishing needs moves with the limit: everything above counts.
        reach.sums_from["phishing"] = min(low, reach.sums_from.get("phishing", low))


def _key(rule: Rule) -> str:
    return repr(rule)


def _add_rules(reach: Reach, rules: Iterable[Rule], before: TenantSnapshot, after: TenantSnapshot) -> None:
    for rule in rules:
        _add_condition(reach, rule.when, before, after)


def _add_condition(reach: Reach, when: Condition, before: TenantSnapshot, after: TenantSnapshot) -> None:
    # Every part must hold, so one part that an index knows is enough.
    if when.symbols:
        reach.symbols |= when.symbols
    elif when.verdicts:
        _add_verdicts(reach, when.verdicts, before, after)
    elif when.score_at_least is not None:
        lowest = (
            when.score_at_least if reach.score_from is None else min(when.score_at_least, reach.score_from)
        )
        reach.score_from = lowest
    else:
        reach.everything = True


def _add_verdicts(
    reach: Reach, verdicts: Iterable[Verdict], before: TenantSnapshot, after: TenantSnapshot
) -> None:
    for verdict in verdicts:
        if verdict is Verdict.CLEAN:
            reach.everything = True
        elif verdict not in SUMMED:
            reach.classes.add(verdict.value)
        else:
            for name in _SUMS[verdict]:
                lowest = _lowest_threshold(name, before, after)
                reach.sums_from[name] = min(lowest, reach.sums_from.get(name, lowest))


def _lowest_threshold(name: str, *snapshots: TenantSnapshot) -> float:
    return min(
        policy.thresholds.get(name, DEFAULT_THRESHOLDS[name])
        for snapshot in snapshots
        for policy in (_own(snapshot), *snapshot.levels)
    )


def _add_list(reach: Reach, one: SenderList, other: SenderList) -> None:
    reach.senders |= (one.addresses ^ other.addresses) | (one.domains ^ other.domains)
    reach.networks |= set(one.networks) ^ set(other.networks)
    rearranged = {
        entry
        for entry in one.expires.keys() | other.expires.keys()
        if one.expires.get(entry) != other.expires.get(entry)
    }
    for entry in rearranged | (one.unproven ^ other.unproven):
        (reach.networks if "/" in entry else reach.senders).add(entry)

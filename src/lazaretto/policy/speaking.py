"""Which of a tenant's rules speak about a message, and with which findings they do."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Final

from lazaretto.core.address import domain_of, fold
from lazaretto.core.envelope import Direction
from lazaretto.core.findings import Finding, Verdict
from lazaretto.core.snapshot import Condition, Rule
from lazaretto.policy.verdicts import SUMMED, Classes, classes_of

_CLEAN: Final = frozenset({Verdict.CLEAN})


@dataclass(frozen=True, slots=True, kw_only=True)
class Speaking:
    """A rule whose condition holds, but for the recipients."""

    rule: Rule
    symbols: tuple[str, ...]
    """Names of the findings that made it speak; sorted."""

    def concerns(self, recipient: frozenset[str]) -> bool:
        """Tell whether it speaks about the copy of a recipient with these ``names_of``."""
        wanted = self.rule.when.recipients
        return not wanted or not wanted.isdisjoint(recipient)


def names_of(recipient: str) -> frozenset[str]:
    """Return everything by which a rule can name ``recipient``: its address, its domain, those above."""
    names = [fold(recipient)]
    domain = domain_of(recipient)
    while domain:
        names.append(domain)
        domain = domain.partition(".")[2]
    return frozenset(names)


@dataclass(slots=True)
class Evidence:
    """One message's findings, arranged for many questions."""

    findings: Sequence[Finding]
    thresholds: Mapping[str, float]
    direction: Direction
    classes: Classes = field(init=False)
    names: frozenset[str] = field(init=False)
    _known: dict[tuple[frozenset[Verdict], frozenset[str]], frozenset[str] | None] = field(
        init=False, default_factory=dict
    )

    def __post_init__(self) -> None:
        self.classes = classes_of(self.findings, self.thresholds)
        self.names = frozenset(finding.symbol for finding in self.findings)

    @property
    def reached(self) -> frozenset[Verdict]:
        """The classes that rules can ask for; CLEAN when the message reaches none."""
        return self.classes.reached or _CLEAN

    def heard(self, rule: Rule) -> Speaking | None:
        """Return ``rule`` with what made it speak; None when its condition does not hold."""
        when = rule.when
        if when.directions and self.direction not in when.directions:
            return None
        if when.score_at_least is not None and self.classes.score < when.score_at_least:
            return None
        if when.unless and matching(self.names, when.unless):
            return None
        symbols = matching(self.names, when.symbols) if when.symbols else frozenset()
        if when.symbols and not symbols:
            return None
        if when.verdicts:
            behind = self._behind(when)
            if behind is None:
                return None
            symbols |= behind
        return Speaking(rule=rule, symbols=tuple(sorted(symbols)))

    def _behind(self, when: Condition) -> frozenset[str] | None:
        """Return the findings behind the classes that are asked for; None when none is reached."""
        key = (when.verdicts, when.apart_from)
        if key not in self._known:
            self._known[key] = self._found_behind(when)
        return self._known[key]

    def _found_behind(self, when: Condition) -> frozenset[str] | None:
        apart = matching(self.names, when.apart_from) if when.apart_from else frozenset()
        reached = self.reached
        if apart:
            counted = [finding for finding in self.findings if finding.symbol not in apart]
            reached = classes_of(counted, self.thresholds).reached or _CLEAN
        asked = when.verdicts & reached
        return frozenset(self._speaking_for(asked, apart)) if asked else None

    def _speaking_for(self, asked: frozenset[Verdict], apart: frozenset[str]) -> Iterator[str]:
        wanted = set(asked)
        if Verdict.SPAM in asked:
            wanted.add(Verdict.PHISHING)
        general = not asked.isdisjoint((Verdict.SPAM, Verdict.PHISHING))
        for finding in self.findings:
            speaks = finding.verdict in wanted or (general and finding.verdict is None)
            # What weighs nothing, or speaks for the message, is not why it was stopped.
            counts = finding.score > 0 or finding.verdict not in SUMMED
            if speaks and counts and finding.symbol not in apart:
                yield finding.symbol


def matching(names: frozenset[str], wanted: frozenset[str]) -> frozenset[str]:
    """Return those of ``names`` that ``wanted`` names, fully or by a stem with ``*`` behind it."""
    stems = _stems(wanted)
    if not stems:
        return names & wanted
    return frozenset(name for name in names if name in wanted or name.startswith(stems))


@lru_cache(maxsize=4096)
def _stems(wanted: frozenset[str]) -> tuple[str, ...]:
    return tuple(sorted(name.removesuffix("*") for name in wanted if name.endswith("*")))

"""All text rules compiled into one matcher for each field, and their evaluation."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass

from lazaretto.detect.content.matching import Matcher, compiled
from lazaretto.detect.content.rules import Clause, Field, Rule

EVIDENCE = 60
"""Octets before the end of a match that are shown."""

Texts = Mapping[Field, bytes]


@dataclass(frozen=True, slots=True)
class Hit:
    """A rule that holds, and what made it hold."""

    rule: Rule
    evidence: str


@dataclass(frozen=True, slots=True)
class _Clause:
    field: Field
    patterns: tuple[int, ...]
    at_least: int


@dataclass(frozen=True, slots=True)
class _Rule:
    rule: Rule
    all: tuple[_Clause, ...]
    unless: tuple[_Clause, ...]


class RuleSet:
    """Rules ready to be held against the texts of a message: one scan for each field."""

    def __init__(
        self, rules: Iterable[Rule], compile_patterns: Callable[[Sequence[str]], Matcher] = compiled
    ) -> None:
        numbers: dict[Field, dict[str, int]] = {}
        self._by_first: dict[tuple[Field, int], list[_Rule]] = {}
        for rule in rules:
            ready = _Rule(rule, _numbered(rule.clauses, numbers), _numbered(rule.unless, numbers))
            # A rule is tried only when a pattern of its first clause is there.
            for pattern in ready.all[0].patterns:
                self._by_first.setdefault((ready.all[0].field, pattern), []).append(ready)
        self._matchers = {field: compile_patterns(list(known)) for field, known in numbers.items()}

    def hits(self, texts: Texts) -> list[Hit]:
        """Return every rule that holds for ``texts``, ordered by name."""
        ends = {
            field: matcher.matched(texts[field])
            for field, matcher in self._matchers.items()
            if texts.get(field)
        }
        tried: dict[str, _Rule] = {}
        for field, matched in ends.items():
            for pattern in matched:
                for each in self._by_first.get((field, pattern), ()):
                    tried[each.rule.name] = each
        return [
            Hit(each.rule, _evidence(each, ends, texts))
            for _, each in sorted(tried.items())
            if _holds(each, ends)
        ]


def _numbered(clauses: Iterable[Clause], numbers: dict[Field, dict[str, int]]) -> tuple[_Clause, ...]:
    ready = []
    for clause in clauses:
        known = numbers.setdefault(clause.field, {})
        patterns = tuple(known.setdefault(pattern, len(known)) for pattern in clause.any)
        ready.append(_Clause(clause.field, patterns, clause.at_least))
    return tuple(ready)


def _holds(each: _Rule, ends: Mapping[Field, Mapping[int, int]]) -> bool:
    return all(_clause_holds(clause, ends) for clause in each.all) and not any(
        _clause_holds(clause, ends) for clause in each.unless
    )


def _clause_holds(clause: _Clause, ends: Mapping[Field, Mapping[int, int]]) -> bool:
    matched = ends.get(clause.field)
    return matched is not None and sum(pattern in matched for pattern in clause.patterns) >= clause.at_least


def _evidence(each: _Rule, ends: Mapping[Field, Mapping[int, int]], texts: Texts) -> str:
    """Return what the first clause's earliest match ends with."""
    clause = each.all[0]
    matched = ends[clause.field]
    end = min(matched[pattern] for pattern in clause.patterns if pattern in matched)
    return texts[clause.field][max(0, end - EVIDENCE) : end].decode("utf-8", "replace")

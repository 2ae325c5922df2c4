"""A tenant's rules, arranged so that a message meets only those that could speak about it.

Most rules ask for a symbol that few messages have.  With hundreds of rules, asking each of them
would cost more than everything else that policy does.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Final

from lazaretto.core.findings import Verdict
from lazaretto.core.snapshot import Rule

MAX_BOOKS: Final = 256


class RuleBook:
    """The rules of one snapshot, found by what they ask for."""

    def __init__(self, rules: tuple[Rule, ...]) -> None:
        self.rules = rules
        self._always: list[int] = []
        self._by_symbol: dict[str, list[int]] = {}
        self._by_stem: dict[str, list[int]] = {}
        self._by_verdict: dict[Verdict, list[int]] = {}
        for number, rule in enumerate(rules):
            self._enter(number, rule)
        self._stem_lengths = sorted({len(stem) for stem in self._by_stem})

    def candidates(self, names: Iterable[str], reached: Iterable[Verdict]) -> Iterator[Rule]:
        """Yield, in their order, the rules that ask for one of ``names`` or ``reached``, or neither."""
        numbers = set(self._always)
        for name in names:
            numbers.update(self._by_symbol.get(name, ()))
            for length in self._stem_lengths:
                numbers.update(self._by_stem.get(name[:length], ()))
        for verdict in reached:
            numbers.update(self._by_verdict.get(verdict, ()))
        return (self.rules[number] for number in sorted(numbers))

    def _enter(self, number: int, rule: Rule) -> None:
        when = rule.when
        for symbol in when.symbols:
            if symbol.endswith("*"):
                self._by_stem.setdefault(symbol[:-1], []).append(number)
            else:
                self._by_symbol.setdefault(symbol, []).append(number)
        if not when.symbols:
            for verdict in when.verdicts:
                self._by_verdict.setdefault(verdict, []).append(number)
            if not when.verdicts:
                self._always.append(number)


class _Books:
    """The books of the snapshots that were judged by lately.

    Found by identity, as hashing hundreds of rules costs more than it saves; the book keeps its
    rules, so that their identity cannot pass to others.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[int, RuleBook] = OrderedDict()

    def of(self, rules: tuple[Rule, ...]) -> RuleBook:
        book = self._known.get(id(rules))
        if book is None:
            book = self._known[id(rules)] = RuleBook(rules)
            if len(self._known) > MAX_BOOKS:
                self._known.popitem(last=False)
        else:
            self._known.move_to_end(id(rules))
        return book


_BOOKS: Final = _Books()


def book_of(rules: tuple[Rule, ...]) -> RuleBook:
    """Return the book of ``rules``, made at their first message."""
    return _BOOKS.of(rules)

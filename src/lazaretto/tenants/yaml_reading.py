"""YAML text to a tree that remembers where everything stood.

Every scalar stays text: what it means is for the model to say, so that ``address_registration: off``
is not a boolean and a name like ``1e3`` is not a number.  Works on the parser's events, one by one,
because composing recurses as deep as the text nests.  Tags are refused, repeated keys are errors,
and what aliases unfold to is bounded.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any, Final

import yaml

from lazaretto.tenants.remarks import DocumentError, Remark, error

MAX_OCTETS: Final = 64 * 1024 * 1024
MAX_DEPTH: Final = 16
MAX_VALUES: Final = 4_000_000
"""Values in a document, those that aliases repeat included."""
MAX_REPEATED: Final = 100
"""Repeated keys that are told before reading ends."""
_NOTHING: Final = frozenset({"", "~", "null", "Null", "NULL"})
_LOADER: Final[Any] = getattr(yaml, "CSafeLoader", yaml.SafeLoader)

Value = str | None | dict[str, "Node"] | list["Node"]


@dataclass(slots=True)
class Node:
    """A value and where it starts; for a mapping's value, where its key starts."""

    value: Value
    line: int
    column: int
    anchor_size: int = 1
    """How many values stand below it, itself included."""

    def plain(self) -> Any:
        """Return it as dictionaries, lists and texts; keys without a value are left out."""
        if isinstance(self.value, dict):
            items = self.value.items()
            return {key: node.plain() for key, node in items if node.value is not None}
        if isinstance(self.value, list):
            return [node.plain() for node in self.value]
        return self.value

    def at(self, path: tuple[int | str, ...]) -> Node:
        """Return the node at ``path``, or the last one on the way when the path leads nowhere."""
        node = self
        for step in path:
            below = node._below(step)
            if below is None:
                break
            node = below
        return node

    def _below(self, step: int | str) -> Node | None:
        if isinstance(self.value, dict) and isinstance(step, str):
            return self.value.get(step)
        if isinstance(self.value, list) and isinstance(step, int) and step < len(self.value):
            return self.value[step]
        return None


@dataclass(slots=True)
class _Open:
    """A mapping or sequence that has not ended yet."""

    node: Node
    anchor: str | None
    key: str | None = None
    key_at: tuple[int, int] = (1, 1)


@dataclass(slots=True)
class _Reader:
    name: str
    stack: list[_Open] = field(default_factory=list)
    anchors: dict[str, Node] = field(default_factory=dict)
    problems: list[Remark] = field(default_factory=list)
    values: int = 0
    root: Node | None = None

    def read(self, events: Iterator[yaml.Event]) -> Node:
        for event in events:
            if isinstance(event, yaml.CollectionEndEvent):
                self._close()
            elif isinstance(event, yaml.DocumentStartEvent) and self.root is not None:
                raise self._stopped(event, "there is a second document; put everything into the first")
            elif isinstance(event, yaml.NodeEvent):
                self._take(event)
        if self.problems:
            raise DocumentError(self.name, self.problems)
        return self.root or Node({}, 1, 1)

    def _take(self, event: yaml.NodeEvent) -> None:
        if isinstance(event, yaml.AliasEvent):
            self._place(event, self._aliased(event))
            return
        tag = getattr(event, "tag", None)
        if tag not in (None, "!"):
            raise self._stopped(event, f'the tag "{tag}" is not allowed; leave it out')
        line, column = _position(event)
        if isinstance(event, yaml.ScalarEvent):
            self._place_scalar(event, line, column)
            return
        opened = Node({} if isinstance(event, yaml.MappingStartEvent) else [], line, column)
        self._place(event, opened)
        self.stack.append(_Open(opened, event.anchor))
        if len(self.stack) > MAX_DEPTH:
            raise self._stopped(event, f"it nests deeper than {MAX_DEPTH} levels; no setting needs that")

    def _place_scalar(self, event: yaml.ScalarEvent, line: int, column: int) -> None:
        top = self.stack[-1] if self.stack else None
        if top is not None and isinstance(top.node.value, dict) and top.key is None:
            top.key, top.key_at = event.value, (line, column)
            if event.value in top.node.value:
                earlier = top.node.value[event.value].line
                problem = f'the key "{event.value}" stands here twice (first in line {earlier}); keep one'
                self.problems.append(error(line, column, problem))
                if len(self.problems) >= MAX_REPEATED:
                    raise self._stopped(event, "there are too many such keys; correct these first")
            return
        is_nothing = event.implicit[0] and event.value in _NOTHING
        node = Node(None if is_nothing else event.value, line, column)
        if event.anchor:
            self.anchors[event.anchor] = node
        self._place(event, node)

    def _place(self, event: yaml.NodeEvent, node: Node) -> None:
        self.values += node.anchor_size
        if self.values > MAX_VALUES:
            raise self._stopped(event, f"it has more than {MAX_VALUES} values, aliases unfolded; split it")
        if not self.stack:
            self.root = node
            return
        top = self.stack[-1]
        if isinstance(top.node.value, list):
            top.node.value.append(node)
        elif isinstance(top.node.value, dict):
            if top.key is None:
                raise self._stopped(
                    event, "a key must be a plain word; a list or mapping stands in its place"
                )
            # Remarks about a setting point to its name.
            placed = Node(node.value, *top.key_at, node.anchor_size)
            if not isinstance(event, yaml.AliasEvent) and not isinstance(event, yaml.ScalarEvent):
                node.line, node.column = top.key_at
                placed = node
            top.node.value[top.key] = placed
            top.key = None

    def _close(self) -> None:
        closed = self.stack.pop()
        value = closed.node.value
        below = list(value.values()) if isinstance(value, dict) else value
        if isinstance(below, list):
            closed.node.anchor_size = 1 + sum(child.anchor_size for child in below)
        if closed.anchor:
            self.anchors[closed.anchor] = closed.node

    def _aliased(self, event: yaml.AliasEvent) -> Node:
        # An anchor counts from its end, so nothing can contain itself.
        if event.anchor not in self.anchors:
            raise self._stopped(
                event, f'"*{event.anchor}" has no "&{event.anchor}" that ends before it; write it out'
            )
        return self.anchors[event.anchor]

    def _stopped(self, event: yaml.Event, problem: str) -> DocumentError:
        line, column = _position(event)
        return DocumentError(self.name, [*self.problems, error(line, column, problem)])


def read_yaml(text: str, name: str) -> Node:
    """Return the tree of ``text``; an empty text is an empty mapping.

    Raises ``DocumentError`` with a sentence for what cannot be read.
    """
    if len(text) > MAX_OCTETS or len(text.encode("utf-8", "surrogatepass")) > MAX_OCTETS:
        problem = f"it is larger than {MAX_OCTETS // 1024 // 1024} MB; split the tenant"
        raise DocumentError(name, [error(1, 1, problem)])
    try:
        return _Reader(name).read(yaml.parse(text, Loader=_LOADER))
    except yaml.MarkedYAMLError as failure:
        mark = failure.problem_mark or failure.context_mark
        line, column = (mark.line + 1, mark.column + 1) if mark else (1, 1)
        problem = f"this is not YAML: {failure.problem or 'it ends too early'}; check indentation and quotes"
        raise DocumentError(name, [error(line, column, problem)]) from failure
    except (yaml.YAMLError, UnicodeError) as failure:
        problem = f"a character is not allowed here: {str(failure).partition(chr(10))[0]}; remove it"
        raise DocumentError(name, [error(1, 1, problem)]) from failure


def _position(event: yaml.Event) -> tuple[int, int]:
    mark = event.start_mark
    return (mark.line + 1, mark.column + 1) if mark is not None else (1, 1)

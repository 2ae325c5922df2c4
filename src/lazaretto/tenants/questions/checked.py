"""What questions about a document are asked of: the document, where it says what, and the day."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date

from lazaretto.core.address import domain_of
from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.remarks import Remark, warning
from lazaretto.tenants.sections import SenderEntry
from lazaretto.tenants.values import sender
from lazaretto.tenants.yaml_reading import Node

Path = tuple[int | str, ...]


@dataclass(frozen=True, slots=True)
class Checked:
    """A document with its tree and the day on which it is checked."""

    document: TenantDocument
    tree: Node
    day: date

    def remark(self, path: Path, text: str) -> Remark:
        """Return a warning about what stands at ``path``."""
        node = self.tree.at(path)
        return warning(node.line, node.column, text)

    def entries(self, *path: str) -> list[Node]:
        """Return the entries of the list at ``path`` as they are written; none when it is left out."""
        value = self._below(path)
        return value if isinstance(value, list) else []

    def keys(self, *path: str) -> list[tuple[str, Node]]:
        """Return the keys at ``path`` as they are written, with their values."""
        value = self._below(path)
        return list(value.items()) if isinstance(value, dict) else []

    def texts(self, *path: str) -> list[str]:
        """Return the texts of the list at ``path`` as they are written."""
        return [str(node.value) for node in self.entries(*path)]

    def given(self) -> frozenset[str]:
        """Return the keys that the document gives at its top."""
        return frozenset(self.tree.value) if isinstance(self.tree.value, dict) else frozenset()

    def senders(self, key: str) -> Iterator[tuple[Path, SenderEntry]]:
        """Yield each entry of the list ``key`` as often as it is written, with its place."""
        known = {each.entry: each for each in getattr(self.document, key)}
        for number, node in enumerate(self.entries(key)):
            text = node.value["entry"].value if isinstance(node.value, dict) else node.value
            yield (key, number), known[sender(str(text))]

    def is_own(self, address_or_domain: str) -> bool:
        """Tell whether it is, or is in, one of the tenant's domains."""
        spelt = sender(address_or_domain)
        return (domain_of(spelt) if "@" in spelt else spelt) in self.document.domains

    def _below(self, path: tuple[str, ...]) -> object:
        value: object = self.tree.value
        for step in path:
            node = value.get(step) if isinstance(value, dict) else None
            value = node.value if isinstance(node, Node) else None
        return value

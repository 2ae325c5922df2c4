"""Single settings of a document put in place, as a form does it, and what is wrong told by setting."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final

from pydantic import ValidationError

from lazaretto.tenants.agreement import disagreements
from lazaretto.tenants.complaints import remarks_of
from lazaretto.tenants.document import TenantDocument, document_in
from lazaretto.tenants.profiles import with_profile
from lazaretto.tenants.remarks import DocumentError
from lazaretto.tenants.yaml_reading import Node, read_yaml

Path = tuple[str, ...]


class _Unsaid:
    """Says that a setting shall not be said any more: what it inherits holds."""

    def __repr__(self) -> str:
        return "UNSAID"


UNSAID: Final = _Unsaid()


class WrongSettings(DocumentError):
    """Settings cannot be used; ``by_path`` tells what is wrong with each."""

    def __init__(self, by_path: Mapping[Path, str]) -> None:
        super().__init__("settings", ())
        self.by_path = dict(by_path)
        self.args = ("\n".join(f"{'.'.join(path)}: {problem}" for path, problem in by_path.items()),)


def plain_of(text: str) -> dict[str, Any]:
    """Return the plain values of the document in ``text``."""
    tree: dict[str, Any] = read_yaml(text, "document").plain()
    return tree


def placed(tree: Mapping[str, Any], values: Mapping[Path, Any]) -> dict[str, Any]:
    """Return ``tree`` with each of ``values`` at its path; ``UNSAID`` takes a setting away."""
    changed: dict[str, Any] = _copied(tree)
    for path, value in values.items():
        _place(changed, path, value)
    return changed


def document_of(tree: Mapping[str, Any]) -> TenantDocument:
    """Return the document of plain values.  Raises ``WrongSettings``."""
    node = _node(tree)
    try:
        return document_in(node, "settings")
    except DocumentError as failure:
        cause = failure.__cause__
        raise WrongSettings(dict(_by_path(node, failure, cause, tree))) from failure


def _by_path(
    node: Node, failure: DocumentError, cause: BaseException | None, tree: Mapping[str, Any]
) -> Iterator[tuple[Path, str]]:
    if isinstance(cause, ValidationError):
        remarks = remarks_of(cause, node, TenantDocument)
        for detail, remark in zip(cause.errors(include_url=False), remarks, strict=False):
            yield tuple(str(step) for step in detail["loc"] if step != "[key]"), remark.text
        return
    # Disagreements carry their place only in the document that they are about.
    document = TenantDocument.model_validate(with_profile(tree))
    yield from disagreements(document)
    if not failure.remarks:
        yield (), str(failure)


def _place(tree: dict[str, Any], path: Path, value: Any) -> None:
    *way, last = path
    owners = [tree]
    for step in way:
        below = owners[-1].setdefault(step, {})
        if not isinstance(below, dict):
            below = owners[-1][step] = {}
        owners.append(below)
    if value is UNSAID:
        owners[-1].pop(last, None)
    else:
        owners[-1][last] = value
    for owner, step in reversed(list(zip(owners, way, strict=False))):
        # A section that says nothing is left out; a domain that says nothing is still a domain.
        if owner[step] == {} and not _is_named(way, step):
            del owner[step]


def _is_named(way: list[str], step: str) -> bool:
    return len(way) >= 2 and way[0] in ("domains", "groups", "tls_partners") and way[1] == step


def _copied(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {key: _copied(below) for key, below in value.items()}
    return list(value) if isinstance(value, list | tuple) else value


def _node(value: Any) -> Node:
    if isinstance(value, Mapping):
        return Node({key: _node(below) for key, below in value.items()}, 1, 1)
    if isinstance(value, list | tuple):
        return Node([_node(below) for below in value], 1, 1)
    return Node(None if value is None else _text(value), 1, 1)


def _text(value: Any) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)

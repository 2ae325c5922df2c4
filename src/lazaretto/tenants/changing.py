"""A change that is not in force yet: some settings over a document, or a whole other document.

A file with ``tenant`` is a whole document.  Any other one is laid over the document in force: groups
of settings are merged, single values and lists replaced.  ``add`` and ``remove`` below the name of a
list change it entry by entry.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pydantic import ValidationError

from lazaretto.core.errors import ConfigurationError
from lazaretto.tenants.agreement import disagreements
from lazaretto.tenants.complaints import remarks_of
from lazaretto.tenants.document import TenantDocument, document_in
from lazaretto.tenants.profiles import with_profile
from lazaretto.tenants.remarks import DocumentError, error
from lazaretto.tenants.yaml_reading import read_yaml

_BY_ENTRY: Final = frozenset({"add", "remove"})


def changed_document(in_force: str, change: str, name: str) -> TenantDocument:
    """Return the document that the text ``change`` makes of the text ``in_force``.

    Raises ``DocumentError`` when the outcome is wrong; ``name`` is what messages call the change.
    """
    tree = read_yaml(change, name)
    given = tree.plain()
    if not isinstance(given, dict) or not given:
        raise ConfigurationError(f"{name} changes nothing; write the settings that shall be different")
    if "tenant" in given:
        return document_in(tree, name)
    merged = _over(read_yaml(in_force, "document in force").plain(), given)
    try:
        document = TenantDocument.model_validate(with_profile(merged))
    except ValidationError as failure:
        raise DocumentError(name, remarks_of(failure, tree, TenantDocument)) from failure
    if problems := [problem for _, problem in disagreements(document)]:
        raise DocumentError(name, [error(1, 1, problem) for problem in problems])
    return document


def _over(below: Mapping[str, Any], above: Mapping[str, Any]) -> dict[str, Any]:
    both = dict(below)
    for key, value in above.items():
        own = below.get(key)
        if isinstance(value, Mapping) and _BY_ENTRY.issuperset(value) and not isinstance(own, Mapping):
            both[key] = _by_entry(own or [], value)
        elif isinstance(value, Mapping) and isinstance(own, Mapping):
            both[key] = _over(own, value)
        else:
            both[key] = value
    return both


def _by_entry(entries: list[Any], change: Mapping[str, Any]) -> list[Any]:
    removed = [_identity(each) for each in change.get("remove", ())]
    kept = [each for each in entries if _identity(each) not in removed]
    return [*change.get("add", ()), *kept]


def _identity(entry: Any) -> Any:
    """Return what an entry is known by: the sender of a list, the name of a rule."""
    if isinstance(entry, Mapping):
        return str(entry.get("entry") or entry.get("name") or entry).lower()
    return str(entry).lower()

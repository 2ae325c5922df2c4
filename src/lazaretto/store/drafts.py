"""Drafts: a person's changes of a tenant's document, gathered until they are published or discarded.

The published document is the truth.  A draft remembers the version that it was begun on; when others
publish meanwhile, both changes are brought together, and only what both sides changed differently is
told as a conflict.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import Any, Final

from lazaretto.core.errors import ConfigurationError, ScopeError
from lazaretto.store import reviews, tenancy
from lazaretto.store.rows.models import Draft
from lazaretto.store.scope import Scope
from lazaretto.store.sections import demand_change
from lazaretto.tenants.document import TenantDocument, export_document, parse_document
from lazaretto.tenants.merging import merged
from lazaretto.tenants.placing import Path, document_of, placed, plain_of
from lazaretto.tenants.reviewing import Proposal
from lazaretto.tenants.services.review import Review
from lazaretto.tenants.store import Applied

_MOST_SHOWN: Final = 200


class Conflict(ConfigurationError):
    """Somebody else published other values of the same settings; ``paths`` names these."""

    def __init__(self, paths: Sequence[Path]) -> None:
        self.paths = tuple(paths)
        names = ", ".join(".".join(path) for path in self.paths[:10])
        super().__init__(f"somebody else changed the same settings meanwhile: {names}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A document as the scope's person is changing it."""

    text: str
    base: int
    in_force: int
    updated_at: datetime | None
    """None = there is no draft; ``text`` is what is in force."""

    @property
    def is_draft(self) -> bool:
        """Tell whether anything waits to be published."""
        return self.updated_at is not None

    @property
    def document(self) -> TenantDocument:
        """The document."""
        return parsed(self.text)


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One setting that differs between two documents; None = it is not said."""

    path: Path
    before: Any
    after: Any


@lru_cache(maxsize=32)
def parsed(text: str) -> TenantDocument:
    """Return the document in ``text``; reading a large one takes seconds, and pages read it often."""
    return parse_document(text, "document")


def edited(scope: Scope) -> Edited:
    """Return the draft of the scope's person, or what is in force."""
    found = tenancy.whole(scope)
    draft = _draft(scope)
    if draft is None:
        return Edited(text=found.text, base=found.version, in_force=found.version, updated_at=None)
    return Edited(text=draft.text, base=draft.base, in_force=found.version, updated_at=draft.updated_at)


def place(scope: Scope, values: Mapping[Path, Any]) -> Edited:
    """Put ``values`` into the draft, which is begun where there is none.

    Raises ``WrongSettings`` where they cannot be used, ``Forbidden`` where they may not be changed.
    """
    return replace(scope, document_of(placed(plain_of(edited(scope).text), values)))


def replace(scope: Scope, document: TenantDocument) -> Edited:
    """Make ``document`` the draft; one that says what is in force ends it."""
    found = tenancy.whole(scope)
    if document.tenant != scope.tenant_name:
        raise ConfigurationError(f"this document is of a tenant {document.tenant!r}")
    now = edited(scope)
    base_text = found.text if now.base == found.version else tenancy.whole(scope, now.base).text
    demand_change(scope, parsed(base_text), document)
    text = export_document(document)
    if text == base_text:
        discard(scope)
    else:
        Draft.objects.update_or_create(
            owner=scope.who.name, tenant=scope.of_tenant, defaults={"base": now.base, "text": text}
        )
    return edited(scope)


def discard(scope: Scope) -> None:
    """Forget the draft; without one nothing happens."""
    Draft.objects.filter(owner=scope.who.name, tenant=scope.of_tenant).delete()


def upcoming(scope: Scope, *, insist: bool = False) -> TenantDocument:
    """Return what publishing the draft would put in force: with what others published meanwhile.

    Raises ``Conflict`` where both changed the same, unless the person insists on their own values.
    """
    draft = edited(scope)
    if draft.base == draft.in_force:
        return draft.document
    base, theirs = (plain_of(text) for text in (tenancy.whole(scope, draft.base).text, _published(scope)))
    both = merged(base, plain_of(draft.text), theirs)
    if both.conflicts and not insist:
        raise Conflict(both.conflicts)
    return document_of(both.value)


def publish(
    scope: Scope, *, note: str = "", insist: bool = False, seen: int | None = None
) -> Applied | Proposal:
    """Put the draft in force, or propose it where a second person is needed; and end it.

    Raises ``Conflict`` as ``upcoming`` does, ``OutdatedVersion`` where somebody published since the version
    ``seen``, ``ScopeError`` where there is no draft.
    """
    if not edited(scope).is_draft:
        raise ScopeError("there is nothing to publish")
    expected = tenancy.whole(scope).version if seen is None else seen
    text = export_document(upcoming(scope, insist=insist))
    done = put_forward(scope, text, expected=expected, note=note)
    discard(scope)
    return done


def put_forward(scope: Scope, text: str, *, expected: int, note: str) -> Applied | Proposal:
    """Publish the document in ``text``, or propose it where a second person has to approve changes."""
    if Review.of(parsed(tenancy.whole(scope).text)).required:
        return reviews.propose(scope, text, note=note)
    return tenancy.publish(scope, text, expected=expected, note=note)


def change_now(scope: Scope, values: Mapping[Path, Any], *, note: str) -> Applied | Proposal:
    """Put ``values`` forward at once, leaving the draft alone; roll-back takes them away again."""
    found = tenancy.whole(scope)
    document = document_of(placed(plain_of(found.text), values))
    return put_forward(scope, export_document(document), expected=found.version, note=note)


def changes(before: str, after: str) -> list[Change]:
    """Return what differs between two documents, setting by setting, in the order of paths."""
    return changes_between(plain_of(before), plain_of(after))


def changes_between(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Change]:
    """Return what differs between the plain values of two documents, in the order of paths."""
    return sorted(_changes(before, after, ()), key=lambda each: each.path)


def _changes(before: Any, after: Any, at: Path) -> list[Change]:
    if before == after:
        return []
    if isinstance(before, Mapping) or isinstance(after, Mapping):
        old = before if isinstance(before, Mapping) else {}
        new = after if isinstance(after, Mapping) else {}
        if old or new:
            return [
                change
                for key in {**old, **new}
                for change in _changes(old.get(key), new.get(key), (*at, key))
            ]
    return [Change(path=at, before=before, after=after)]


def _draft(scope: Scope) -> Draft | None:
    return Draft.objects.filter(owner=scope.who.name, tenant=scope.of_tenant).first()


def _published(scope: Scope) -> str:
    return tenancy.whole(scope).text

"""For whom a setting is shown: everybody, one domain or one group; and what it inherits from whom."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from lazaretto.store.reaching import is_within
from lazaretto.store.scope import Scope
from lazaretto.tenants.choices import Level
from lazaretto.tenants.document import TenantDocument, baseline
from lazaretto.tenants.levels import Overlay

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class At:
    """A level of one document."""

    level: Level
    name: str = ""
    """The domain or the group."""

    @property
    def text(self) -> str:
        """As the address has it: empty, ``domain:a.example``, ``group:directors``."""
        return "" if self.level is Level.GLOBAL else f"{self.level.value}:{self.name}"

    @property
    def title(self) -> str:
        """What people call it."""
        if self.level is Level.DOMAIN:
            return _("Domain %(name)s") % {"name": self.name}
        if self.level is Level.GROUP:
            return _("Group %(name)s") % {"name": self.name}
        return _("Everybody")

    def path(self, setting: Path) -> Path:
        """Return where a document says ``setting`` at this level."""
        owner = {Level.DOMAIN: "domains", Level.GROUP: "groups"}.get(self.level)
        return setting if owner is None else (owner, self.name, "settings", *setting)


GLOBAL = At(Level.GLOBAL)


def choosable(scope: Scope, document: TenantDocument, lowest: Level) -> list[At]:
    """Return the levels at which settings may be shown, everybody first."""
    found = [GLOBAL]
    if lowest >= Level.DOMAIN:
        found += [At(Level.DOMAIN, name) for name in document.domains if scope.domains.reach(name)]
    if lowest >= Level.GROUP:
        found += [
            At(Level.GROUP, name)
            for name, group in document.groups.items()
            if is_within(scope, document, group.members)
        ]
    return found


def level_in(text: str, levels: list[At]) -> At:
    """Return the one of ``levels`` that the address names; what is not there is everybody."""
    return next((each for each in levels if each.text == text), GLOBAL)


def said(document: TenantDocument, plain: dict[str, Any], at: At, setting: Path) -> Any:
    """Return what the document says at this very level; None = it inherits."""
    if at.level is Level.GLOBAL:
        value: Any = plain
        for step in setting:
            value = value.get(step) if isinstance(value, dict) else None
        return None if value is None else _at(document, setting)
    owner = document.domains if at.level is Level.DOMAIN else document.groups
    overlay: Overlay = owner[at.name].settings
    return _at(overlay, setting)


def inherited(document: TenantDocument, at: At, setting: Path) -> tuple[Any, str]:
    """Return what holds where this level says nothing, and from where that comes."""
    if at.level is Level.GLOBAL:
        return _at(baseline(document.profile), setting), _("from the profile")
    return _at(document, setting), _("from global")


def _at(section: Any, path: Path) -> Any:
    value = section
    for step in path:
        value = getattr(value, step, None)
        if value is None:
            return None
    return value

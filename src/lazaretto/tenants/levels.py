"""Settings that differ for a domain or a group of people from those of the whole tenant.

The nearer level wins, setting by setting: group before domain before tenant, and of several groups
the one with the lowest ``order``.  What a level leaves out it inherits.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Annotated, Any, Final, TypeVar

from pydantic import BaseModel, Field, create_model, field_validator
from pydantic.fields import FieldInfo

from lazaretto.core.address import fold
from lazaretto.tenants.choices import Level
from lazaretto.tenants.sections import Antimalware, Antispam, Domain, Impersonation, Section
from lazaretto.tenants.service_registry import sections
from lazaretto.tenants.values import MailAddress, OneLine

_BUILT_IN: Final[dict[str, tuple[type[Section], Level]]] = {
    "antimalware": (Antimalware, Level.DOMAIN),
    "antispam": (Antispam, Level.GROUP),
    "impersonation": (Impersonation, Level.GROUP),
}
S = TypeVar("S", bound=BaseModel)


class Overlay(Section):
    """Some settings of a section, or of all sections; None where it says nothing."""


def level_of(field: FieldInfo, section: Level) -> Level:
    """Return the lowest level at which ``field`` may differ, in a section that allows ``section``."""
    extra = field.json_schema_extra
    marked = extra.get("lowest") if isinstance(extra, dict) else None
    return min(section, Level(marked)) if isinstance(marked, str) else section


def lowest_of(key: str) -> Level | None:
    """Return the lowest level of the section ``key``; None where it is the same for everybody."""
    return next((lowest for name, _, lowest in _levelled() if name == key and lowest > Level.GLOBAL), None)


def _overlay(model: type[BaseModel], lowest: Level, wanted: Level) -> type[Overlay]:
    fields: dict[str, Any] = {}
    for name, field in model.model_fields.items():
        if level_of(field, lowest) < wanted:
            continue
        annotation: Any = field.annotation
        if isinstance(annotation, type) and issubclass(annotation, Section):
            annotation = _overlay(annotation, lowest, wanted)
        # Limits and spellings of a value hold at every level.
        for mark in field.metadata:
            annotation = Annotated[annotation, mark]
        fields[name] = (annotation | None, Field(default=None, description=field.description))
    return create_model(f"{model.__name__}At{wanted.name.title()}", __base__=Overlay, **fields)


def _levelled() -> Iterator[tuple[str, type[Section], Level]]:
    for key, (model, lowest) in _BUILT_IN.items():
        yield key, model, lowest
    for section in sections():
        yield section.card.key, section, section.card.lowest


def _settings(wanted: Level) -> type[Overlay]:
    fields: dict[str, Any] = {
        key: (_overlay(model, lowest, wanted) | None, Field(default=None))
        for key, model, lowest in _levelled()
        if lowest >= wanted
    }
    return create_model(f"{wanted.name.title()}Settings", __base__=Overlay, **fields)


if TYPE_CHECKING:

    class DomainSettings(Overlay):
        """Settings for the people of one domain."""

    class GroupSettings(Overlay):
        """Settings for the people of one group."""

else:
    DomainSettings = _settings(Level.DOMAIN)
    GroupSettings = _settings(Level.GROUP)


class OwnDomain(Domain):
    """A mail domain of the tenant."""

    settings: DomainSettings = Field(
        default_factory=DomainSettings,
        description="Settings that differ from the tenant's for the people of this domain: sections "
        "as below, such as `antispam: {spam: quarantine}`.",
    )


class Group(Section):
    """Some of the tenant's people, with settings of their own."""

    members: tuple[MailAddress, ...] = Field(
        default=(), max_length=1_000_000, description="Their mail addresses."
    )
    description: OneLine = Field(default="", max_length=200, description="Who they are, for colleagues.")
    order: int = Field(
        default=100, ge=0, le=10_000, description="Of several groups of a person the lowest one speaks first."
    )
    settings: GroupSettings = Field(
        default_factory=GroupSettings,
        description="Settings that differ from those of the domain and the tenant: sections as below.",
    )

    @field_validator("members")
    @classmethod
    def _each_mailbox_once(cls, members: tuple[str, ...]) -> tuple[str, ...]:
        known = {fold(address): address for address in reversed(members)}
        return tuple(known[folded] for folded in sorted(known))


def says_something(overlay: Overlay) -> bool:
    """Tell whether any setting differs."""
    return any(True for _ in said(overlay))


def said(overlay: Overlay, path: tuple[str, ...] = ()) -> Iterator[tuple[tuple[str, ...], Any]]:
    """Yield the path and the value of each setting that ``overlay`` gives."""
    for name, value in overlay:
        if isinstance(value, Overlay):
            yield from said(value, (*path, name))
        elif value is not None:
            yield (*path, name), value


def over(section: S, overlays: Iterable[Overlay]) -> S:
    """Return ``section`` with ``overlays`` laid over it, the last one on top."""
    for overlay in overlays:
        section = _over(section, overlay)
    return section


def _over(section: S, overlay: Overlay) -> S:
    update = {
        name: _over(getattr(section, name), value) if isinstance(value, Overlay) else value
        for name, value in overlay
        if value is not None
    }
    return section.model_copy(update=update) if update else section

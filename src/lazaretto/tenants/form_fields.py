"""Which single settings a document has, and of what kind each is: what forms are made of.

Read from the models, so that a setting added to a section appears in its form by existing.  Lists of
entries and mappings by name have pages of their own and are not told here.
"""

from __future__ import annotations

import datetime
import types
from collections.abc import Iterator
from dataclasses import dataclass
from enum import Enum
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from lazaretto.core.end_users import Weekday
from lazaretto.tenants.choices import Level
from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.levels import level_of, lowest_of

Path = tuple[str, ...]
_LONG: int = 1_000
"""Texts that may be longer than this are written in several lines."""


class Kind(Enum):
    """How a setting is given."""

    FLAG = "flag"
    CHOICE = "choice"
    CHOICES = "choices"
    """Any number of them."""
    NUMBER = "number"
    TEXT = "text"
    LONG_TEXT = "long-text"
    LINES = "lines"
    """Entries, one in a line."""
    DATE = "date"
    HOURS = "hours"
    """Full hours for each of ``choices``, the days of a week."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FormField:
    """One setting."""

    path: Path
    kind: Kind
    choices: tuple[str, ...] = ()
    lowest: Level = Level.GLOBAL
    """The lowest level at which it may differ."""
    minimum: float | None = None
    maximum: float | None = None
    longest: int | None = None
    is_whole: bool = False
    """A number without fraction."""

    @property
    def key(self) -> str:
        """``antispam.spam``."""
        return ".".join(self.path)


@cache
def form_fields() -> dict[str, FormField]:
    """Return every single setting by its key, in the order of the document."""
    return {each.key: each for each in _fields_of(TenantDocument, (), Level.GROUP)}


def fields_below(prefix: str) -> tuple[FormField, ...]:
    """Return the settings of a section, or the one setting that ``prefix`` names."""
    return tuple(each for key, each in form_fields().items() if key == prefix or key.startswith(f"{prefix}."))


def _fields_of(model: type[BaseModel], at: Path, lowest: Level) -> Iterator[FormField]:
    for name, field in model.model_fields.items():
        path = (*at, name)
        annotation = _plain(field.annotation)
        level = level_of(field, lowest) if at else (lowest_of(name) or Level.GLOBAL)
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            yield from _fields_of(annotation, path, level)
            continue
        kind, choices = _kind_of(annotation, field)
        if kind is not None:
            limits = {mark: _limit(field, *names) for mark, names in _LIMITS.items()}
            yield FormField(
                path=path,
                kind=kind,
                choices=choices,
                lowest=level,
                minimum=limits["minimum"],
                maximum=limits["maximum"],
                longest=None if limits["longest"] is None else int(limits["longest"]),
                is_whole=annotation is int,
            )


_LIMITS = {"minimum": ("ge", "gt"), "maximum": ("le", "lt"), "longest": ("max_length",)}


def _limit(field: FieldInfo, *names: str) -> float | None:
    found = (getattr(mark, name, None) for mark in field.metadata for name in names)
    return next((limit for limit in found if limit is not None), None)


def _kind_of(annotation: Any, field: FieldInfo) -> tuple[Kind | None, tuple[str, ...]]:
    if get_origin(annotation) is tuple:
        inner = _plain(get_args(annotation)[0])
        if isinstance(inner, type) and issubclass(inner, Enum):
            return Kind.CHOICES, tuple(str(each.value) for each in inner)
        return (Kind.LINES, ()) if inner is str else (None, ())
    if get_origin(annotation) is dict and get_args(annotation)[0] is Weekday:
        return Kind.HOURS, tuple(day.value for day in Weekday)
    if not isinstance(annotation, type):
        return None, ()
    if issubclass(annotation, bool):
        return Kind.FLAG, ()
    if issubclass(annotation, Enum):
        return Kind.CHOICE, tuple(str(each.value) for each in annotation)
    if issubclass(annotation, int | float):
        return Kind.NUMBER, ()
    if issubclass(annotation, datetime.date):
        return Kind.DATE, ()
    if issubclass(annotation, str):
        longest = _limit(field, "max_length")
        return (Kind.LONG_TEXT if longest is not None and longest > _LONG else Kind.TEXT), ()
    return None, ()


def _plain(annotation: Any) -> Any:
    """Return the type without limits and without the possibility of None."""
    if get_origin(annotation) is Annotated:
        return _plain(get_args(annotation)[0])
    if get_origin(annotation) in (Union, types.UnionType):
        return _plain(next(each for each in get_args(annotation) if each is not type(None)))
    return annotation

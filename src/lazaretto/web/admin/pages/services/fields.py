"""Settings as a page shows them: value, what it inherits, what the linter says, and what was sent."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from enum import Enum
from typing import Any

from django.http import QueryDict

from lazaretto.store.reaching import is_within
from lazaretto.store.scope import Scope
from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.form_fields import FormField, Kind
from lazaretto.tenants.placing import UNSAID
from lazaretto.web.admin.pages.services.layout import Group
from lazaretto.web.admin.pages.services.levels import At, inherited, said
from lazaretto.web.admin.words_of import Words, choice, words

Path = tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    """One choice."""

    value: str
    label: str
    is_chosen: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """A day of the week with its hours."""

    key: str
    label: str
    hours: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Shown:
    """One setting on the page."""

    field: FormField
    words: Words
    value: str
    """What the level says, as the form has it; empty = it inherits."""
    inherited: str
    """What holds otherwise, in words."""
    origin: str
    """From where that comes."""
    remarks: Sequence[str] = ()
    error: str = ""
    chosen: frozenset[str] = frozenset()
    days: Sequence[Day] = ()

    @property
    def id(self) -> str:
        """Its id on the page."""
        return "s-" + self.field.key.replace(".", "-").replace("_", "-")

    @property
    def kind(self) -> str:
        """How it is given."""
        return self.field.kind.value

    @property
    def options(self) -> list[Option]:
        """What it is chosen from."""
        values = ("true", "false") if self.field.kind is Kind.FLAG else self.field.choices
        return [
            Option(value=each, label=choice(each), is_chosen=each == self.value or each in self.chosen)
            for each in values
        ]

    @property
    def described_by(self) -> str:
        """The ids of what explains it."""
        return " ".join([f"{self.id}-help", *([f"{self.id}-error"] if self.error else [])])


@dataclass(frozen=True, slots=True, kw_only=True)
class GroupShown:
    """Settings under one heading."""

    title: str
    fields: Sequence[Shown]


def shown_groups(
    groups: Sequence[Group],
    document: TenantDocument,
    plain: dict[str, Any],
    at: At,
    *,
    remarks: Mapping[Path, Sequence[str]],
    errors: Mapping[Path, str],
    sent: QueryDict | None = None,
) -> Iterator[GroupShown]:
    """Yield the groups that have a setting at this level; ``sent`` stands in place of what is said."""
    for group in groups:
        rows = [
            _shown(each, document, plain, at, remarks, errors, sent)
            for each in group.fields
            if each.lowest >= at.level
        ]
        if rows:
            yield GroupShown(title=words(f"group.{group.key}").label, fields=rows)


def _shown(
    field: FormField,
    document: TenantDocument,
    plain: dict[str, Any],
    at: At,
    remarks: Mapping[Path, Sequence[str]],
    errors: Mapping[Path, str],
    sent: QueryDict | None,
) -> Shown:
    own = said(document, plain, at, field.path)
    otherwise, origin = inherited(document, at, field.path)
    path = at.path(field.path)
    value = _as_text(own) if sent is None else sent.get(field.key, "")
    if field.kind in (Kind.CHOICES, Kind.HOURS):
        value = "own" if (own is not None if sent is None else f"{field.key}.own" in sent) else ""
    return Shown(
        field=field,
        words=words(field.key),
        value=value,
        inherited=in_words(field, otherwise),
        origin=origin,
        remarks=[
            text for at_path, texts in remarks.items() if at_path[: len(path)] == path for text in texts
        ],
        error=next((text for at_path, text in errors.items() if at_path[: len(path)] == path), ""),
        chosen=_chosen(field, otherwise if own is None else own, sent),
        days=_days(field, otherwise if own is None else own, sent),
    )


def _chosen(field: FormField, holds: Any, sent: QueryDict | None) -> frozenset[str]:
    if field.kind is not Kind.CHOICES:
        return frozenset()
    if sent is not None:
        return frozenset(str(each) for each in sent.getlist(field.key))
    return frozenset(_plain(each) for each in holds or ())


def _days(field: FormField, holds: Any, sent: QueryDict | None) -> list[Day]:
    if field.kind is not Kind.HOURS:
        return []
    known = {_plain(day): " ".join(str(hour) for hour in hours) for day, hours in (holds or {}).items()}
    if sent is not None:
        known = {day: sent.get(f"{field.key}.{day}", "") for day in field.choices}
    return [
        Day(key=f"{field.key}.{day}", label=choice(day), hours=known.get(day, "")) for day in field.choices
    ]


def within_reach(scope: Scope, document: TenantDocument, group: GroupShown) -> GroupShown:
    """Return ``group`` without lines that name a domain which the scope does not reach."""
    if scope.domains.is_all:
        return group
    rows = [
        replace(
            each,
            value="\n".join(line for line in each.value.split("\n") if is_within(scope, document, line)),
            inherited=each.inherited if is_within(scope, document, each.inherited) else "",
            remarks=[text for text in each.remarks if is_within(scope, document, text)],
        )
        for each in group.fields
    ]
    return GroupShown(title=group.title, fields=rows)


def sent_values(
    fields: Sequence[FormField], document: TenantDocument, plain: dict[str, Any], at: At, sent: QueryDict
) -> dict[Path, Any]:
    """Return what a form says, by path; an empty field takes the setting away."""
    values: dict[Path, Any] = {}
    for each in fields:
        if each.lowest < at.level or not {each.key, f"{each.key}.sent"} & sent.keys():
            continue
        own = said(document, plain, at, each.path)
        otherwise, _origin = inherited(document, at, each.path)
        value = _value_of(each, sent)
        if each.kind is Kind.CHOICES:
            value = _chosen_value(each, sent, own, otherwise)
        elif each.kind is Kind.HOURS and own is None and value == _hours_of(otherwise):
            # What was shown because it is inherited is sent along, and says nothing.
            value = UNSAID
        values[at.path(each.path)] = value
    return values


def _chosen_value(field: FormField, sent: QueryDict, own: Any, otherwise: Any) -> Any:
    """Return the boxes that are ticked, where somebody chose; else what is inherited holds."""
    ticked = [str(each) for each in sent.getlist(field.key)]
    if f"{field.key}.own" in sent:
        return ticked
    # Who changes a box without saying so first means it all the same.
    is_changed = own is None and set(ticked) != {_plain(each) for each in otherwise or ()}
    return ticked if is_changed else UNSAID


def _hours_of(value: Any) -> Any:
    return {_plain(day): [str(hour) for hour in hours] for day, hours in (value or {}).items()}


def _value_of(field: FormField, sent: QueryDict) -> Any:
    if field.kind is Kind.HOURS:
        days = {day: sent.get(f"{field.key}.{day}", "").replace(",", " ").split() for day in field.choices}
        return {day: hours for day, hours in days.items() if hours} or UNSAID
    text = str(sent.get(field.key, "")).replace("\r\n", "\n")
    if field.kind is Kind.LINES:
        lines = [line.strip() for line in text.split("\n") if line.strip()]
        return lines or UNSAID
    # A tag keeps the space at its end; all other texts lose what was pasted around them.
    if not text.strip():
        return UNSAID
    if field.kind is Kind.TEXT and "subject_tags" in field.path:
        return text if text.endswith(" ") else f"{text} "
    return text if field.kind is Kind.LONG_TEXT else text.strip()


def in_words(field: FormField, value: Any) -> str:
    """Return a value as people read it; empty where there is none."""
    if value is None or value in ((), ""):
        return "–"
    if field.kind in (Kind.FLAG, Kind.CHOICE):
        return choice(_plain(value))
    if field.kind is Kind.HOURS:
        return ", ".join(
            f"{choice(_plain(day))} {'/'.join(str(hour) for hour in hours)}" for day, hours in value.items()
        )
    if field.kind is Kind.CHOICES:
        return ", ".join(choice(_plain(each)) for each in value)
    return _as_text(value).strip().replace("\n", ", ")[:200]


def _as_text(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, tuple | list):
        return "\n".join(_plain(each) for each in value)
    return _plain(value)


def _plain(value: Any) -> str:
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return str(value)

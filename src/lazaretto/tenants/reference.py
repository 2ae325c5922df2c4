"""The reference page of the document, made from the models, so that it cannot say anything else."""

from __future__ import annotations

import types
from collections.abc import Iterator
from enum import Enum
from typing import Annotated, Any, Final, Union, get_args, get_origin

from pydantic import BaseModel
from pydantic.fields import FieldInfo

from lazaretto.core.decision import Disposition
from lazaretto.tenants.choices import MailAction
from lazaretto.tenants.document import TenantDocument
from lazaretto.tenants.levels import Overlay, level_of, lowest_of
from lazaretto.tenants.sections import SenderEntry

INTRODUCTION: Final = """\
# A tenant's document

The whole configuration of a tenant is one YAML document. `lazaretto tenant apply FILE.yaml` puts it
in force on every process within seconds, `lazaretto tenant export NAME` prints the one in force, and
`lazaretto tenant check FILE.yaml` says what is wrong with it, or probably not meant.

This page is made from the program; every setting is here. The shortest useful document:

```yaml
version: 1
tenant: acme
domains:
  customer.example:
    routes: [{host: mx.customer.example, tls: verified}]
addresses: [alice@customer.example, bob@customer.example]
```

Whatever is left out has the default given here, which is the best-practice profile of the service.
Settings of some sections may differ for a domain or for a group of people, under `settings` of the domain
or the group; the column *level* names the lowest level at which a setting may differ. The nearer level
wins, setting by setting, and what it leaves out it inherits. `lazaretto tenant show NAME --address A`
says which settings hold for somebody, and where each comes from.

An unknown key is an error, and so is a key that stands twice. Comments are not kept by export, and
settings that equal their default are left out of it.
"""
_PLAIN: Final = {str: "text", int: "whole number", float: "number", bool: "`true` or `false`"}


def render() -> str:
    """Return the page as Markdown, with a line end behind its last line."""
    return "\n".join([INTRODUCTION, *_sections(), *_actions()]).rstrip("\n") + "\n"


def _sections() -> Iterator[str]:
    pending: list[tuple[str, type[BaseModel]]] = [("", TenantDocument)]
    known: set[type[BaseModel]] = {TenantDocument}
    while pending:
        path, model = pending.pop(0)
        yield from _section(path, model)
        below = []
        for name, field in model.model_fields.items():
            for each in _models_in(field.annotation):
                if each not in known and not issubclass(each, Overlay):
                    known.add(each)
                    below.append((f"{path}.{name}".lstrip("."), each))
        pending = below + pending


def _actions() -> Iterator[str]:
    yield "## Actions\n"
    yield "What becomes of mail that a method finds; of several, the most severe one.\n"
    yield "| action | what it does |"
    yield "| --- | --- |"
    for action in MailAction:
        yield f"| `{action.value}` | {action.meaning} |"


def _section(path: str, model: type[BaseModel]) -> Iterator[str]:
    title = f"`{path}`" if path else "The document"
    if model is SenderEntry:
        title = "`approved_senders` and `blocked_senders`"
    yield f"## {title}\n"
    yield f"{' '.join((model.__doc__ or '').split())}\n"
    lowest = lowest_of(path.partition(".")[0])
    levelled = lowest is not None and path != ""
    yield "| key | value | default | " + ("level | " if levelled else "") + "meaning |"
    yield "| --- | --- | --- | " + ("--- | " if levelled else "") + "--- |"
    for name, field in model.model_fields.items():
        meaning = (field.description or "").replace("|", "\\|")
        level = f"{level_of(field, lowest).value} | " if levelled and lowest is not None else ""
        yield f"| `{name}` | {_value(field)} | {_default(field)} | {level}{meaning} |"
    yield ""


def _value(field: FieldInfo) -> str:
    limits = [
        f"{word} {limit}"
        for mark in field.metadata
        for name, word in (("gt", "above"), ("ge", "from"), ("le", "to"))
        if (limit := getattr(mark, name, None)) is not None
    ]
    return " ".join([_words(field.annotation), *limits])


def _words(annotation: Any) -> str:
    origin, arguments = get_origin(annotation), get_args(annotation)
    if origin is Annotated:
        return _words(arguments[0])
    if origin in (Union, types.UnionType):
        return _words(next(each for each in arguments if each is not type(None)))
    if origin is tuple:
        return f"list of {_words(arguments[0])}"
    if origin is dict:
        return f"{_words(arguments[1])} by name"
    if annotation is MailAction:
        return "an [action](#actions)"
    if isinstance(annotation, type) and issubclass(annotation, Disposition):
        return ", ".join(f"`{each.word}`" for each in annotation)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return ", ".join(f"`{each.value}`" for each in annotation)
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        return "settings"
    return _PLAIN.get(annotation, "date")


def _default(field: FieldInfo) -> str:
    if field.is_required():
        return "must be given"
    default = field.get_default(call_default_factory=True, validated_data={})
    if isinstance(default, BaseModel):
        return "see below"
    if isinstance(default, Disposition):
        return f"`{default.word}`"
    if isinstance(default, Enum):
        return f"`{default.value}`"
    if isinstance(default, bool):
        return f"`{str(default).lower()}`"
    return f"`{_plain(default)}`" if default not in (None, (), {}, "") else "none"


def _plain(value: Any) -> str:
    """Return a value as a document writes it."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, dict):
        return "{" + ", ".join(f"{_plain(key)}: {_plain(each)}" for key, each in value.items()) + "}"
    if isinstance(value, tuple | list | frozenset):
        return "[" + ", ".join(map(_plain, value)) + "]"
    return str(value)


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for argument in get_args(annotation):
        yield from _models_in(argument)

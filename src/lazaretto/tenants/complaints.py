"""What the model found wrong, in sentences for people, each with the line it is about."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from difflib import get_close_matches
from types import UnionType
from typing import Any, Final, Union, get_args, get_origin

from pydantic import BaseModel, ValidationError
from pydantic_core import ErrorDetails

from lazaretto.tenants.remarks import Remark, error
from lazaretto.tenants.yaml_reading import Node

MAX_REMARKS: Final = 500
"""A file that is something else altogether is wrong in every line; nobody reads them all."""
FEW_KEYS: Final = 7
"""So many keys are all told, even where one of them is probably meant."""
Path = tuple[int | str, ...]

_SHAPES: Final = {
    "tuple_type": 'it must be a list; write each entry in a line of its own that begins with "- "',
    "dict_type": "it must be a group of settings, not a single value or a list; indent them below it",
    "model_type": "it must be a group of settings, not a single value or a list; indent them below it",
    "string_type": "it must be a single text, not a list or a group of settings",
    "int_parsing": "{input} is not a whole number; write digits only",
    "int_from_float": "{input} is not a whole number; write digits only",
    "float_parsing": "{input} is not a number; write it like 5.0",
    "bool_parsing": "{input} is neither true nor false; write one of them",
    "date_from_datetime_parsing": "{input} is not a date; write it like 2026-12-31",
    "date_from_datetime_inexact": "{input} is not a date; write it like 2026-12-31",
    "date_parsing": "{input} is not a date; write it like 2026-12-31",
    "enum": "{input} is not possible; choose one of {expected}",
    "greater_than": "{input} is too small; it must be above {gt}",
    "greater_than_equal": "{input} is too small; the least is {ge}",
    "less_than_equal": "{input} is too large; the most is {le}",
    "string_too_short": "it is empty; write something or leave the key out",
    "string_too_long": "it is too long; the most is {max_length} characters",
    "too_long": "it has too many entries; the most is {max_length}",
}


def remarks_of(failure: ValidationError, tree: Node, model: type[BaseModel]) -> list[Remark]:
    """Return one remark for each thing that is wrong, at most ``MAX_REMARKS``."""
    details = failure.errors(include_url=False)
    remarks = [_remark(each, tree, model) for each in details[:MAX_REMARKS]]
    if len(details) > MAX_REMARKS:
        last = remarks[-1]
        problem = f"{len(details) - MAX_REMARKS} more errors follow; correct these first"
        remarks.append(error(last.line, last.column + 1, problem))
    return remarks


def _remark(detail: ErrorDetails, tree: Node, model: type[BaseModel]) -> Remark:
    # Errors about a key of a mapping end in a step that the document does not have.
    path = tuple(step for step in detail["loc"] if step != "[key]")
    node = tree.at(path)
    return error(node.line, node.column, _sentence(detail, path, node, model))


def _sentence(detail: ErrorDetails, path: Path, node: Node, model: type[BaseModel]) -> str:
    kind, context = detail["type"], dict(detail.get("ctx", {}))
    if kind == "extra_forbidden":
        return _unknown(path, model)
    if kind == "missing":
        return f'the key "{path[-1]}" is missing in {_place(path[:-1])}; add it'
    if kind == "value_error":
        return f"{_place(path)}: {context['error']}"
    template = _SHAPES.get(kind)
    if template is None:
        return f"{_place(path)}: {detail['msg']}; correct it"
    if kind == "enum":
        context["expected"] = str(context["expected"]).replace("'", "").replace(" or ", ", ")
    shown = f'"{node.value}"' if isinstance(node.value, str) else "this"
    return f"{_place(path)}: {template.format(input=shown, **context)}"


def _unknown(path: Path, model: type[BaseModel]) -> str:
    owner = _model_at(path[:-1], model)
    known = list(owner.model_fields) if owner is not None else []
    near = get_close_matches(str(path[-1]), known, n=1)
    advice = f'did you mean "{near[0]}"?' if near else "remove it;"
    if not near or len(known) <= FEW_KEYS:
        advice += f" known are {', '.join(known)}"
    return f'unknown key "{path[-1]}" in {_place(path[:-1])}; {advice}'


def _place(path: Path) -> str:
    """Return words for ``path``: ``tenant``, ``antispam.spam``, ``rules[2].when``."""
    words = ""
    for step in path:
        if isinstance(step, int):
            words += f"[{step + 1}]"
        else:
            words += f".{step}" if words else step
    return words or "tenant"


def _model_at(path: Path, model: type[BaseModel]) -> type[BaseModel] | None:
    annotation: Any = model
    for step in path:
        if isinstance(annotation, type) and issubclass(annotation, BaseModel):
            known = annotation.model_fields.get(str(step))
            annotation = known.annotation if known is not None else None
        else:
            annotation = get_args(annotation)[-1 if get_origin(annotation) is dict else 0]
        annotation = next(_models_in((annotation,)), annotation)
    return next(_models_in((annotation,)), None)


def _models_in(annotations: Iterable[Any]) -> Iterator[Any]:
    for each in annotations:
        if isinstance(each, type) and issubclass(each, BaseModel):
            yield each
        elif get_origin(each) in (Union, UnionType):
            yield from _models_in(get_args(each))

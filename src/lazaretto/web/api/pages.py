"""Lists page by page: a cursor says where the last page ended, and means nothing to those who hold it."""

from __future__ import annotations

import base64
import binascii
from typing import Annotated, Final, Generic, TypeVar

import msgspec
from ninja import Field, Query, Schema

from lazaretto.core.errors import ConfigurationError

T = TypeVar("T")
NO_NUL: Final = r"^[^\x00]*$"
"""PostgreSQL keeps no text with a NUL in it."""
Limit = Annotated[int, Query(ge=1, le=500, description="How many at most.")]
Cursor = Annotated[
    str, Query(max_length=400, description="`next` of the page before; empty = the first page.")
]


class Page(Schema, Generic[T]):
    """One page of a list."""

    items: list[T]
    next: str | None = Field(None, description="The next page's cursor; null = this is the last one.")


def cursor_of(*parts: str | int) -> str:
    """Return the cursor that means ``parts``."""
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode().rstrip("=")


def parts_of(cursor: str, kinds: type[T]) -> T:
    """Return what ``cursor`` means, a value of ``kinds``.  Raises ``ConfigurationError`` when it is none."""
    try:
        text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
        return msgspec.json.decode(text, type=kinds)
    except (binascii.Error, ValueError, msgspec.MsgspecError) as failure:
        raise ConfigurationError("this cursor is none of ours; begin again without one") from failure

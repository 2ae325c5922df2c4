"""Snapshots as octets, for other processes and for the row that they are published in."""

from __future__ import annotations

from dataclasses import replace
from typing import Any, Final, TypeVar, cast

import msgspec

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.snapshot import TenantSnapshot

T = TypeVar("T")
MOST_SHARED: Final = 5_000
"""Values that are kept for sharing; when there are more, sharing begins anew."""
FORMAT: Final = 3
"""Counts up when a snapshot of before would be read wrongly; older rows are compiled again."""


def encode_snapshot(snapshot: TenantSnapshot) -> bytes:
    """Return ``snapshot`` as MessagePack; equal snapshots need not have equal octets."""
    return _ENCODER.encode(snapshot)


def decode_snapshot(octets: bytes) -> TenantSnapshot:
    """Return what ``encode_snapshot`` made ``octets`` of; raises ``ConfigurationError`` for others."""
    try:
        return _sharing(_DECODER.decode(octets))
    except msgspec.MsgspecError as failure:
        raise ConfigurationError(f"a published snapshot cannot be read: {failure}") from failure


def _sharing(snapshot: TenantSnapshot) -> TenantSnapshot:
    """Return ``snapshot`` with the very rules of other tenants where they are equal.

    Most tenants have the same methods, and with a thousand tenants rules are most of the memory.
    Judging by one set of rules for many tenants keeps its arrangement as well.
    """
    rules, thresholds = _shared(snapshot.rules), _shared(snapshot.thresholds)
    return replace(snapshot, rules=rules, thresholds=thresholds)


def _shared(value: T) -> T:
    key = _ENCODER.encode(value)
    known = _KNOWN.get(key)
    if known is None:
        if len(_KNOWN) >= MOST_SHARED:
            _KNOWN.clear()
        known = _KNOWN[key] = value
    return cast(T, known)


def _as_list(value: Any) -> Any:
    if isinstance(value, frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} is no part of a snapshot")


_KNOWN: Final[dict[bytes, Any]] = {}
_ENCODER: Final = msgspec.msgpack.Encoder(enc_hook=_as_list)
_DECODER: Final = msgspec.msgpack.Decoder(TenantSnapshot)

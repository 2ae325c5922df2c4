"""Snapshots as octets, for other processes and for the row that they are published in."""

from __future__ import annotations

from typing import Any, Final

import msgspec

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.snapshot import TenantSnapshot

FORMAT: Final = 2
"""Counts up when a snapshot of before would be read wrongly; older rows are compiled again."""


def encode_snapshot(snapshot: TenantSnapshot) -> bytes:
    """Return ``snapshot`` as MessagePack; equal snapshots need not have equal octets."""
    return _ENCODER.encode(snapshot)


def decode_snapshot(octets: bytes) -> TenantSnapshot:
    """Return what ``encode_snapshot`` made ``octets`` of; raises ``ConfigurationError`` for others."""
    try:
        return _DECODER.decode(octets)
    except msgspec.MsgspecError as failure:
        raise ConfigurationError(f"a published snapshot cannot be read: {failure}") from failure


def _as_list(value: Any) -> Any:
    if isinstance(value, frozenset):
        return list(value)
    raise TypeError(f"{type(value).__name__} is no part of a snapshot")


_ENCODER: Final = msgspec.msgpack.Encoder(enc_hook=_as_list)
_DECODER: Final = msgspec.msgpack.Decoder(TenantSnapshot)

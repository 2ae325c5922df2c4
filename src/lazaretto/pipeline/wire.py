"""What crosses the socket between those who ask for a look and the scan workers.

One connection carries one message: a request, perhaps a question for snapshots that the worker
does not have yet and their answer, then the reply.  A frame is four octets of length (network
order) and a MessagePack document of one known type; nothing is ever unpickled.
"""

from __future__ import annotations

import struct
from typing import Final

import msgspec

from lazaretto.core.content import ReceivedContent
from lazaretto.core.decision import Judgement
from lazaretto.core.envelope import Client, Envelope, Leg
from lazaretto.core.errors import PermanentFailure
from lazaretto.core.facts import Dkim, Dmarc, Gathered, Spf
from lazaretto.core.identity import MessageId, TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.core.submission import Submission

MAX_FRAME: Final = 16 * 1024 * 1024
"""Octets; a larger frame is a worker gone wrong or a request that should have named a file."""

LENGTH: Final = struct.Struct("!I")


class SnapshotKey(msgspec.Struct, frozen=True, array_like=True):
    """Which version of which tenant's configuration is meant."""

    tenant: TenantId
    version: int
    indicators: int = 0
    """Which revision of the entries that count besides."""

    @classmethod
    def of(cls, snapshot: TenantSnapshot) -> SnapshotKey:
        """Return the key of ``snapshot``."""
        return cls(snapshot.tenant, snapshot.version, snapshot.indicators_revision)


class Recorded(msgspec.Struct, frozen=True, array_like=True):
    """Authentication results as the original receiver wrote them down; they replace our own."""

    spf: Spf
    dkim: tuple[Dkim, ...]
    dmarc: Dmarc


class LookRequest(msgspec.Struct, frozen=True, array_like=True, tag="look"):
    """Look at this, and judge it by these snapshots."""

    id: MessageId
    client: Client
    envelope: Envelope
    legs: tuple[Leg, ...]
    content: ReceivedContent
    gathered: Gathered
    snapshots: tuple[SnapshotKey, ...]
    recorded: Recorded | None = None

    @classmethod
    def about(
        cls,
        submission: Submission,
        gathered: Gathered,
        snapshots: tuple[SnapshotKey, ...],
        recorded: Recorded | None = None,
    ) -> LookRequest:
        """Return the request for ``submission``."""
        return cls(
            submission.id,
            submission.client,
            submission.envelope,
            submission.legs,
            submission.content,
            gathered,
            snapshots,
            recorded,
        )


class Snapshots(msgspec.Struct, frozen=True, array_like=True, tag="snapshots"):
    """The snapshots that were asked for, without their validation lists."""

    snapshots: tuple[TenantSnapshot, ...]


class SnapshotsWanted(msgspec.Struct, frozen=True, array_like=True, tag="wanted"):
    """The worker's question: it has not seen these versions."""

    keys: tuple[SnapshotKey, ...]


class Looked(msgspec.Struct, frozen=True, array_like=True, tag="looked"):
    """The worker's reply."""

    judgement: Judgement


ToWorker = LookRequest | Snapshots
FromWorker = SnapshotsWanted | Looked


def _encode_hook(value: object) -> object:
    if isinstance(value, frozenset):
        return list(value)
    if hasattr(value, "__fspath__"):
        return str(value)
    problem = f"{type(value).__name__} does not cross the wire"
    raise TypeError(problem)


def _decode_hook(kind: type, value: object) -> object:
    return kind(value)


_encoder = msgspec.msgpack.Encoder(enc_hook=_encode_hook)
to_worker = msgspec.msgpack.Decoder(ToWorker, dec_hook=_decode_hook)
from_worker = msgspec.msgpack.Decoder(FromWorker, dec_hook=_decode_hook)


def frame(document: ToWorker | FromWorker) -> bytes:
    """Return ``document`` with its length before it; raises ``PermanentFailure`` above the bound."""
    body = _encoder.encode(document)
    if len(body) > MAX_FRAME:
        problem = f"a frame of {len(body)} octets is above the bound of {MAX_FRAME}"
        raise PermanentFailure(problem)
    return LENGTH.pack(len(body)) + body

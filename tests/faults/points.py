"""The named points at which a process may be killed, in the order in which a message meets them.

A point is a function of the product and the side of it on which its process dies.  Nothing of this is in
the product: ``hook/sitecustomize.py`` wraps the functions, in processes that a test starts with that folder
on ``PYTHONPATH`` and with ``LAZARETTO_TEST_POINTS`` in their environment.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Final

FOLDER_VARIABLE: Final = "LAZARETTO_TEST_POINTS"
"""Names the folder in which a file with a point's name arms it."""
DEAD_SUFFIX: Final = ".dead"
"""A point at which a process died; the file's new name, given right before the end."""


def _always(*_: Any) -> bool:
    return True


def _nothing(*_: Any) -> None:
    return None


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point."""

    name: str
    role: str
    """What is killed: the process of this role that gets there, a scan worker for ``scan``."""
    function: str
    """``module:function`` or ``module:Class.method``, by the name under which its caller knows it."""
    dies_before: bool
    """Before the function does anything; else right after it did its work."""
    applies: Callable[..., bool] = _always
    """Tell from the arguments whether this call is meant."""
    first: Callable[..., None] = _nothing
    """What is still done before dying."""
    is_large: bool = False
    """Only content that does not go into a row gets here."""
    copies: int = 1
    """How many times what was being handled comes: two where an answer is cut off."""


def _says_queued(wire: Any) -> bool:
    return any(b" Queued as " in octets for octets in wire._out)


def _half(conversation: Any, payload: Any) -> None:
    content = payload.whole or b""
    conversation._channel.transport.write(content[: len(content) // 2])


ACCEPTING: Final = (
    Point(name="in-look", role="scan", function="lazaretto.pipeline.looking:look_at", dies_before=True),
    Point(
        name="before-content-sync",
        role="edge",
        function="lazaretto.spool.content_file:sync_file",
        dies_before=True,
        is_large=True,
    ),
    Point(
        name="after-content-sync",
        role="edge",
        function="lazaretto.spool.content_file:sync_file",
        dies_before=False,
        is_large=True,
    ),
    Point(
        name="after-content-name",
        role="edge",
        function="lazaretto.spool.content_file:FileContent.put",
        dies_before=False,
        is_large=True,
    ),
    Point(name="before-commit", role="edge", function="lazaretto.spool.grouping:commit", dies_before=True),
    Point(
        name="after-commit-before-250",
        role="edge",
        function="lazaretto.spool.grouping:commit",
        dies_before=False,
        copies=2,
    ),
    Point(
        name="after-250",
        role="edge",
        function="lazaretto.edge.wire:Wire.send",
        dies_before=False,
        applies=_says_queued,
    ),
)
"""From the dot to the 250."""

DELIVERING: Final = (
    Point(
        name="before-hop",
        role="deliver",
        function="lazaretto.delivery.client:Conversation.transact",
        dies_before=True,
    ),
    Point(
        name="before-dot",
        role="deliver",
        function="lazaretto.delivery.client:Conversation._send",
        dies_before=True,
        first=_half,
    ),
    Point(
        name="after-hop-250",
        role="deliver",
        function="lazaretto.delivery.client:Conversation.transact",
        dies_before=False,
        copies=2,
    ),
    Point(
        name="after-journal",
        role="deliver",
        function="lazaretto.delivery.journal_file:DeliveryJournal.write",
        dies_before=False,
    ),
    Point(
        name="before-settlement-commit",
        role="deliver",
        function="lazaretto.spool.queue:apply",
        dies_before=False,
    ),
    Point(
        name="after-settlement-commit",
        role="deliver",
        function="lazaretto.spool.queue:Queue.settle",
        dies_before=False,
    ),
    Point(
        name="before-outbox-forgets",
        role="jobs",
        function="lazaretto.journal.shipping:_forget",
        dies_before=True,
    ),
)
"""From the next hop's greeting to the last trace of it in the queue."""

POINTS: Final = (*ACCEPTING, *DELIVERING)

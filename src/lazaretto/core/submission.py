"""A message on its way from the end of DATA to the commit, and the seams that it passes.

The edge builds a ``Submission``; ``run`` gives it callables for the rest, so that edge, pipeline and
spool-keeping know one another only by these types.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime

from lazaretto.core.content import ReceivedContent
from lazaretto.core.decision import Judgement
from lazaretto.core.envelope import Client, Envelope, Leg
from lazaretto.core.facts import Gathered
from lazaretto.core.identity import MessageId
from lazaretto.core.refusal import Refusal
from lazaretto.core.reply import Reply


@dataclass(frozen=True, slots=True, kw_only=True)
class Submission:
    """Everything about one message once its last dot was read."""

    id: MessageId
    received_at: datetime
    client: Client
    envelope: Envelope
    legs: tuple[Leg, ...]
    """The recipients by tenant and direction; each recipient is in exactly one leg."""
    content: ReceivedContent
    trace_header: bytes = b""
    """The ``Received:`` field (RFC 5321 §4.4) that every copy gets on top, CRLF included."""
    notes: tuple[str, ...] = ()
    """What the edge noticed: ``stray line ends``, ``early talker`` …; for the trace."""


Gather = Callable[[Submission, bytes], Awaitable[Gathered]]
"""Ask the network for what a look needs; the second argument is the header block."""

Look = Callable[[Submission], Awaitable[Judgement | None]]
"""Look and judge within the session's time budget; None = no worker or no time: scan after 250."""

Commit = Callable[[Submission, Judgement | None], Awaitable[None]]
"""Make it durable, or raise ``TemporaryFailure``; on return the client may be told 250."""

Refuse = Callable[[Submission, Judgement | None, Reply], Awaitable[None]]
"""Commit the story of a message that is refused after DATA; on return the 5xx may be told."""

NoteRefusal = Callable[[Refusal], None]
"""Remember a refusal before DATA; returns at once, written within a second, counted above a rate."""

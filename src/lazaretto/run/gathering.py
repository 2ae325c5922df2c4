"""Asking the network about a message before it is looked at: what the askers are given."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from lazaretto.core.content import ReceivedContent
from lazaretto.core.facts import Gathered, Resolver
from lazaretto.core.submission import Submission
from lazaretto.detect.authentication.gathering import gather
from lazaretto.pipeline.serving import octets_of
from lazaretto.pipeline.settings import PipelineSettings

MAX_HEADER = 1024 * 1024


def gather_with(
    resolver: Resolver, settings: PipelineSettings
) -> Callable[[Submission], Awaitable[Gathered]]:
    """Return the callable that gathers facts through ``resolver``."""

    async def gather_facts(submission: Submission) -> Gathered:
        return await gather(
            submission.envelope,
            submission.client,
            submission.received_at,
            header_of(submission.content),
            resolver,
            time_limit=settings.authentication_limit,
        )

    return gather_facts


def header_of(content: ReceivedContent) -> bytes:
    """Return the header block with its last line end, at most ``MAX_HEADER`` octets."""
    octets = octets_of(content)
    end = octets.find(b"\r\n\r\n", 0, min(len(octets), MAX_HEADER))
    return octets[: end + 2] if end >= 0 else octets[:MAX_HEADER]

"""Explaining a message: its look from the trace, the configuration of that time from ``control``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from lazaretto.core.errors import ConfigurationError
from lazaretto.core.identity import TenantId
from lazaretto.core.snapshot import TenantSnapshot
from lazaretto.db.pool import Pool
from lazaretto.journal.search import Search
from lazaretto.journal.trace import Trace, TracedMessage
from lazaretto.policy.explanation_texts import sentence
from lazaretto.run.consulting import consult
from lazaretto.run.home import Home
from lazaretto.run.publishing import with_tenants
from lazaretto.run.saying_why import reasons_of
from lazaretto.tenants.compiling import compile_snapshot
from lazaretto.tenants.document import parse_document
from lazaretto.tenants.store import TenantStore


@dataclass(frozen=True, slots=True, kw_only=True)
class Explanation:
    """One look at a message, in words and as values."""

    lines: tuple[str, ...]
    details: Mapping[str, Any]


def explain(home: Home, search: Search, language: str) -> Iterator[Explanation]:
    """Yield the explanation of every look at the messages that ``search`` means, newest first."""

    async def find(pool: Pool) -> list[TracedMessage]:
        return await Trace(pool).find(search)

    stories = consult(home, "trace", find)
    wanted = sorted({key for story in stories for key in _versions(story)})
    snapshots = with_tenants(home, None, lambda store: _snapshots(store, wanted)) if wanted else {}
    for story in stories:
        yield from _explained(story, snapshots, language)


def _explained(
    story: TracedMessage, snapshots: Mapping[tuple[str, int], TenantSnapshot], language: str
) -> Iterator[Explanation]:
    looks = [event for event in story.events if event["event"] == "scanned"]
    for details in looks:
        snapshot = snapshots.get(_tenant_and_version(details))
        yield Explanation(lines=reasons_of(details, snapshot, language), details=details)
    if not looks:
        line = sentence(language, "not looked at", reply=story.reply or "?")
        yield Explanation(lines=(line,), details={})


def _versions(story: TracedMessage) -> Iterator[tuple[str, int]]:
    for event in story.events:
        if event["event"] == "scanned":
            key = _tenant_and_version(event)
            if key[0]:
                yield key


def _tenant_and_version(details: Mapping[str, Any]) -> tuple[str, int]:
    versions = details.get("versions") or {}
    name = next((key.removeprefix("tenant:") for key in versions if key.startswith("tenant:")), "")
    return name, int(details.get("version") or versions.get(f"tenant:{name}") or 0)


async def _snapshots(
    store: TenantStore, wanted: list[tuple[str, int]]
) -> dict[tuple[str, int], TenantSnapshot]:
    found: dict[tuple[str, int], TenantSnapshot] = {}
    for name, version in wanted:
        try:
            text = await store.export(name, version)
            document = parse_document(text, f"{name} version {version}")
            found[name, version] = compile_snapshot(document, TenantId(0), version)
        except ConfigurationError:
            # The tenant or the version is gone; what was stored with the message still tells a lot.
            continue
    return found

"""A message's story in words, for people at a terminal."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final

from lazaretto.core.places import Place
from lazaretto.db.pool import Pool
from lazaretto.journal.search import Search
from lazaretto.journal.trace import Trace, TracedMessage
from lazaretto.run.consulting import consult
from lazaretto.run.home import Home

_AT_REST: Final = frozenset(place.value for place in Place if place.is_final) | {Place.QUARANTINED.value}
_LONGEST: Final = 160


@dataclass(frozen=True, slots=True)
class Told:
    """A story in words, and whether it may still go on by itself."""

    text: str
    is_settled: bool


def told_in_words(story: TracedMessage) -> str:
    """Return ``story`` as some lines of text."""
    return "\n".join(_lines(story))


def story_of(home: Home, sender: str, recipient: str, since: datetime) -> Told:
    """Return the newest story of a message from ``sender`` to ``recipient`` since a moment."""

    async def find(pool: Pool) -> list[TracedMessage]:
        return await Trace(pool).find(Search(sender=sender, recipient=recipient, since=since, limit=1))

    stories = consult(home, "trace", find)
    if not stories:
        return Told("  trace      nothing yet", False)
    story = stories[0]
    settled = all(each.place in _AT_REST for each in story.recipients)
    return Told("\n".join(f"  {line}" for line in _lines(story)), settled)


def _lines(story: TracedMessage) -> Iterator[str]:
    yield f"{story.received_at:%Y-%m-%d %H:%M:%S}  {story.id}"
    yield f"  from       {_shown(story.sender or '<>')}"
    for recipient in story.recipients:
        yield f"  to         {_shown(recipient.address)}: {recipient.place or 'unknown'}"
    if story.subject:
        yield f"  subject    {_shown(story.subject)}"
    if story.verdict:
        score = "" if story.score is None else f", score {story.score:.1f}"
        yield f"  verdict    {story.verdict}{score}"
    for finding in sorted(story.findings, key=lambda each: -abs(each.get("score") or 0.0))[:12]:
        evidence = _shown(finding.get("evidence", ""))
        yield f"    {finding['score']:>7.2f}  {finding['symbol']}  {evidence}".rstrip()
    if story.reply:
        yield f"  answer     {_shown(story.reply)}"
    for event in story.events:
        yield f"  {_time(event['time'])}  {event['event']}{_particulars(event)}"


_TOLD: Final = ("by", "to", "reason", "settings", "reply", "next_at")
"""Whatever of these an event has."""


def _particulars(event: dict[str, Any]) -> str:
    parts = []
    if event.get("host") or event.get("ip"):
        parts.append(f"at {event.get('host') or event.get('ip')}:{event.get('port', '')}")
    channel = event.get("channel") or (event.get("client") or {}).get("channel")
    if channel:
        parts.append(_channel(channel))
    elif event.get("tls"):
        parts.append(f"over {event['tls'].get('protocol', 'TLS')}")
    if event["event"] == "quarantined" and event.get("id"):
        parts.append(f"pen {event['id']}")
    told = [key for key in _TOLD if event.get(key)]
    parts += [f"{key.replace('_', ' ')}: {_value(event[key])}" for key in told]
    return f"  {_shown('; '.join(parts))}" if parts else ""


def _channel(channel: dict[str, Any]) -> str:
    demanded = "" if channel.get("policy") == "opportunistic" else f" ({channel.get('policy')})"
    reason = channel.get("fallback_reason") or channel.get("failure")
    why = f", as {reason}" if reason else ""
    if not channel.get("used"):
        offered = "" if channel.get("advertised") else ", TLS was not offered"
        return f"in clear{demanded}{offered}{why}"
    verified = ", certificate as demanded" if channel.get("verified") else ""
    return f"over {channel.get('protocol')} {channel.get('cipher')}{demanded}{verified}{why}"


def _value(value: object) -> str:
    return ", ".join(map(str, value)) if isinstance(value, list | tuple) else str(value)


def _time(value: object) -> str:
    return value.strftime("%H:%M:%S") if isinstance(value, datetime) else str(value)[11:19]


def _shown(text: str) -> str:
    # A stranger's words on a terminal: nothing that moves the cursor or colours the screen.
    printable = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)
    return printable if len(printable) <= _LONGEST else printable[: _LONGEST - 1] + "…"

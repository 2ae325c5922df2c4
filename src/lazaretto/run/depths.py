"""What became of a message, told at three depths: to its people, to a help desk, to an engineer.

All three are told from the same story.  An end user reads what happened, whether anything is to be
done, and nothing else.  A help desk reads besides what the other side said, how often it was tried,
and which command to use.  An engineer reads every attempt with all that is known of it.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from typing import Any, Final

from lazaretto.core.address import domain_of
from lazaretto.core.places import Place
from lazaretto.delivery.reason_texts import ReasonText, reason_in
from lazaretto.delivery.reasons import read_reply, reason_of
from lazaretto.journal.trace import TracedMessage, TracedRecipient
from lazaretto.run.depth_texts import StatusText, status_in

_ORDERS: Final = {
    Place.READY.value: ("queue retry {id}", "queue bounce {id}", "queue hold {id}"),
    Place.HELD.value: ("queue release {id}", "queue bounce {id}", "queue delete {id}"),
    Place.QUARANTINED.value: ("quarantine release {id}", "quarantine delete {id}"),
}
_LONGEST: Final = 300


class Depth(Enum):
    """To whom it is told."""

    USER = "user"
    HELP_DESK = "helpdesk"
    ENGINEER = "engineer"


@dataclass(frozen=True, slots=True)
class _Told:
    """One recipient's part of a story, with what its last attempt says."""

    story: TracedMessage
    recipient: TracedRecipient
    texts: StatusText
    language: str

    @property
    def last(self) -> dict[str, Any]:
        return self.recipient.attempts[-1] if self.recipient.attempts else {}

    @property
    def reason(self) -> ReasonText:
        return reason_in(self.language, reason_of(read_reply(self.last.get("reply") or "")))


def told_at(depth: Depth, language: str, story: TracedMessage) -> str:
    """Return what became of each recipient of ``story``, for whom ``depth`` says."""
    lines: list[str] = []
    for recipient in story.recipients:
        told = _Told(story, recipient, status_in(language), language)
        lines.append(_shown(f"<{recipient.address}>"))
        lines.extend(f"  {_shown(line)}" for line in _LINES[depth](told))
    return "\n".join(lines)


def _for_user(told: _Told) -> Iterator[str]:
    texts, place = told.texts, told.recipient.place
    match place:
        case Place.DELIVERED.value:
            yield texts.delivered.format(
                domain=domain_of(told.recipient.address), time=_time(told.last["time"])
            )
        case Place.BOUNCED.value:
            yield from (texts.bounced, told.reason.what, told.reason.advice)
        case Place.READY.value if told.last.get("outcome") == "deferred":
            yield from (texts.late, told.reason.what)
            if next_at := told.last.get("next_at"):
                yield texts.again.format(time=_time(next_at))
        case _:
            yield texts.by_place.get(place or "", texts.unknown)


def _for_help_desk(told: _Told) -> Iterator[str]:
    texts = told.texts
    yield from _for_user(told)
    yield f"{texts.identity}: {told.story.id}"
    if told.recipient.attempts:
        last = told.last
        yield f"{texts.attempts}: {len(told.recipient.attempts)}"
        yield f"{texts.answer}: {last.get('reply')}"
        if last.get("host") or last.get("ip"):
            secured = texts.encrypted if last.get("tls") else texts.in_clear
            yield f"{texts.host}: {last.get('host') or last.get('ip')} ({secured})"
    elif told.story.reply:
        yield f"{texts.answer}: {told.story.reply}"
    if told.story.verdict:
        yield f"{texts.verdict}: {told.story.verdict}"
    orders = (f"lazaretto {order}" for order in _ORDERS.get(told.recipient.place or "", ()))
    if commands := [order.format(id=told.story.id) for order in orders]:
        yield f"{texts.orders}: {'; '.join(commands)}"


def _for_engineer(told: _Told) -> Iterator[str]:
    recipient, story = told.recipient, told.story
    yield f"place={recipient.place} disposition={recipient.disposition} id={story.id} size={story.size}"
    for number, attempt in enumerate(recipient.attempts, start=1):
        yield f"#{number} {_time(attempt['time'])} {attempt['outcome']}: {attempt.get('reply')}"
        where = f"host={attempt.get('host')} ip={attempt.get('ip')} port={attempt.get('port')}"
        later = f" next_at={attempt['next_at']}" if attempt.get("next_at") else ""
        yield f"   {where}{later}"
        for name in ("tls", "channel"):
            if values := attempt.get(name):
                yield f"   {name}: " + " ".join(f"{key}={value}" for key, value in values.items())
    for event in story.events:
        if not event["recipients"] or recipient.address in event["recipients"]:
            by = f" by={event['by']}" if event.get("by") else ""
            yield f"{_time(event['time'])} {event['event']}{by}"


_LINES: Final = {
    Depth.USER: _for_user,
    Depth.HELP_DESK: _for_help_desk,
    Depth.ENGINEER: _for_engineer,
}


def _time(value: object) -> str:
    moment = value if isinstance(value, datetime) else datetime.fromisoformat(str(value))
    return f"{moment.astimezone(UTC):%Y-%m-%d %H:%M} UTC"


def _shown(text: str) -> str:
    # A stranger's words on a terminal: nothing that moves the cursor or colours the screen.
    return "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in text)[:_LONGEST]

"""Events become rows of the search index: together or one by one, the end is the same."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from lazaretto.core.events import Event, EventKind
from lazaretto.core.identity import TenantId, new_message_id
from lazaretto.journal.outbox import OutboxEvent, payload, read_payload
from lazaretto.journal.stories import stories_of

RECEIVED_AT = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
MESSAGE = new_message_id()


def an_event(kind: EventKind, *recipients: str, **details: Any) -> OutboxEvent:
    return OutboxEvent(
        kind=kind,
        at=RECEIVED_AT + timedelta(seconds=5),
        tenant=7,
        message=MESSAGE,
        received_at=RECEIVED_AT,
        recipients=recipients,
        details=details,
    )


RECEIVED = an_event(
    EventKind.RECEIVED,
    "Bob@customer.example",
    client={"ip": "192.0.2.7"},
    reverse_path="Ann@Sender.example",
    direction="inbound",
    size=120,
    subject="",
)
SCANNED = an_event(
    EventKind.SCANNED,
    verdict="spam",
    score=7.5,
    subject="hello",
    copies=[{"recipients": ["Bob@customer.example"], "disposition": "deliver", "place": "ready"}],
)


def test_an_event_survives_the_outbox() -> None:
    event = Event(
        kind=EventKind.DELIVERED,
        at=RECEIVED_AT,
        tenant=TenantId(7),
        message=MESSAGE,
        recipients=("bob@customer.example",),
        details={"reply": "250 ok", "tls": None, "attempt": 1},
    )

    assert read_payload(payload(event, RECEIVED_AT)).event == event


def test_a_message_becomes_one_row_that_can_be_searched() -> None:
    stories = stories_of([RECEIVED, SCANNED])

    (message,) = stories.messages.values()
    (recipient,) = stories.recipients.values()
    assert (message.sender_folded, message.sender_domain) == ("ann@sender.example", "sender.example")
    assert (message.subject, message.verdict, message.client_ip) == ("hello", "spam", "192.0.2.7")
    assert (recipient.folded, recipient.place, recipient.disposition) == (
        "bob@customer.example",
        "ready",
        "deliver",
    )
    assert stories.ended() == []


@pytest.mark.parametrize(
    ("kind", "place", "attempts"),
    [
        pytest.param(EventKind.DELIVERED, "delivered", 1, id="delivered"),
        pytest.param(EventKind.BOUNCED, "bounced", 1, id="bounced"),
        pytest.param(EventKind.DELETED, "deleted", 0, id="deleted"),
        pytest.param(EventKind.EXPIRED, "deleted", 0, id="expired"),
    ],
)
def test_an_end_is_counted_once(kind: EventKind, place: str, attempts: int) -> None:
    stories = stories_of([RECEIVED, SCANNED, an_event(kind, "Bob@customer.example", host="mx.example")])

    (recipient,) = stories.recipients.values()
    (ended,) = stories.ended()
    assert (recipient.place, recipient.attempts) == (place, attempts)
    assert (ended.place, ended.copies, ended.hour.minute) == (place, 1, 0)


def test_a_deferral_is_an_attempt_and_no_end() -> None:
    stories = stories_of([an_event(EventKind.DEFERRED, "Bob@customer.example", reply="451 later")])

    (recipient,) = stories.recipients.values()
    assert (recipient.place, recipient.attempts, recipient.reply) == (None, 1, "451 later")
    assert stories.ended() == []


def test_rest_and_release_are_told_of_the_same_copy() -> None:
    identity = uuid4()
    details = {"id": str(identity), "reason": "spam", "expires_at": RECEIVED_AT.isoformat()}

    stories = stories_of([
        an_event(EventKind.QUARANTINED, "Bob@customer.example", **details),
        an_event(EventKind.RELEASED, "Bob@customer.example", **details),
    ])  # fmt: skip

    (recipient,) = stories.recipients.values()
    assert list(stories.quarantined) == list(stories.left) == [identity]
    assert recipient.place == "ready"
    assert isinstance(next(iter(stories.left.values())).id, UUID)


@pytest.mark.parametrize("ip", ["", "unknown", "192.0.2.7.1", None])
def test_a_client_without_an_address_is_none(ip: str | None) -> None:
    stories = stories_of([an_event(EventKind.RECEIVED, client={"ip": ip}, reverse_path="")])

    (message,) = stories.messages.values()
    assert message.client_ip is None


def test_a_counted_flood_weighs_what_it_stands_for() -> None:
    stories = stories_of([an_event(EventKind.REFUSED, "x@customer.example", count=970)])

    assert stories.ended()[0].copies == 970

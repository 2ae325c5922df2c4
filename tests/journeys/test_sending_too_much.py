"""A sender that sends too much is kept back, told of, and let go or thrown away by people."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.journeys.conftest import PATIENCE, Platform

pytestmark = pytest.mark.integration

OWN_SERVER = "127.0.0.46"
MORE = f"""\
administrators: [bob@much.example]
outbound:
  senders: [{OWN_SERVER}/32]
  rates: {{external_per_hour: 2}}
"""


def send(platform: Platform, number: int) -> str:
    letter = (
        f"From: alice@much.example\r\nTo: eve@far.example\r\nSubject: letter {number}\r\n"
        f"Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <{number}@much.example>\r\n\r\nSee you.\r\n"
    ).encode()
    identity, _ = platform.send(letter, "eve@far.example", sender="alice@much.example", source=OWN_SERVER)
    return identity


def queued(platform: Platform, *words: str) -> list[dict[str, Any]]:
    lines = platform.product.command("queue", "list", "--tenant", "much", "--json", *words)
    return [json.loads(line) for line in lines.split("\n") if line]


def test_what_is_too_much_waits_for_a_decision_and_the_administrator_is_told(platform: Platform) -> None:
    platform.publish("much", "much.example", MORE)
    first, second, released, deleted = (send(platform, number) for number in range(4))

    for identity in (first, second):
        platform.story(identity, "delivered")
    story = platform.story(released, "held")
    held = next(event for event in story["events"] if event["event"] == "held")
    assert (held["by"], held["limit"], held["counted"], held["allowed"]) == (
        "limit",
        "external-per-hour",
        3,
        2,
    )
    listed = queued(platform, "--held", "--sender", "alice@much.example")
    assert {copy["id"] for copy in listed} == {released, deleted}
    assert platform.delivered(released) == []

    platform.product.command("queue", "release", released)
    platform.product.command("queue", "delete", deleted, "--yes")

    platform.story(released, "delivered")
    platform.story(deleted, "deleted")
    assert len(platform.delivered(released)) == 1
    assert platform.delivered(deleted) == []
    assert len(told(platform)) == 1


def told(platform: Platform) -> list[bytes]:
    """Return the notices to the administrator once there is one."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        notices = [
            octets
            for octets in (path.read_bytes() for path in platform.kept.iterdir())
            if b"To: bob@much.example" in octets and b"unusual amount of mail" in octets
        ]
        if notices:
            return notices
        time.sleep(0.1)
    return []

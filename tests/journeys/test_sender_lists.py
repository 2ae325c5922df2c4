"""Entries of lists say who wanted them and whether they are still needed."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.journeys.conftest import PATIENCE, Platform
from tests.journeys.test_first_journeys import a_letter

pytestmark = [pytest.mark.integration, pytest.mark.timeout(180)]

DOCUMENT = """
blocked_senders:
  - {entry: nuisance.example, owner: Carol, reason: asked three times, expires: 2099-12-31}
  - unused.example
personal_lists:
  bob@listed.example: {blocked: [annoying.example]}
"""


def test_each_entry_tells_its_owner_its_end_and_how_often_it_counted(platform: Platform) -> None:
    platform.publish("listed", "listed.example", DOCUMENT)
    for sender in ("a@nuisance.example", "b@mail.nuisance.example", "c@annoying.example"):
        reply, _ = platform.send(
            a_letter(sender=f"X <{sender}>").as_bytes(), "bob@listed.example", sender=sender
        )
        assert reply.startswith("550"), reply

    deadline = time.monotonic() + PATIENCE
    while sum(entry["hits"] for entry in _listed(platform)) < 3 and time.monotonic() < deadline:
        time.sleep(0.2)
    listed = _listed(platform)

    by_entry = {entry["entry"]: entry for entry in listed}
    assert [
        by_entry[each]["hits"] for each in ("nuisance.example", "annoying.example", "unused.example")
    ] == [2, 1, 0]
    assert by_entry["nuisance.example"]["owner"] == "Carol"
    assert by_entry["nuisance.example"]["reason"] == "asked three times"
    assert by_entry["nuisance.example"]["expires"] == "2099-12-31"
    assert by_entry["nuisance.example"]["last_used"]
    assert by_entry["annoying.example"]["mailbox"] == "bob@listed.example"
    assert by_entry["unused.example"]["last_used"] is None


def _listed(platform: Platform) -> list[dict[str, Any]]:
    return [json.loads(line) for line in platform.product.command("lists", "listed", "--json").splitlines()]

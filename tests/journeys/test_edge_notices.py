"""Mail that is too big: refused in the dialogue, told to its recipient and administrators, once."""

from __future__ import annotations

import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from typing import cast

from tests.journeys.conftest import PATIENCE, Platform

LARGE = b"From: ann@partner.example\r\nSubject: large\r\n\r\n" + b"0123456789abcdef\r\n" * 60_000


def notices_at(platform: Platform, wanted: int) -> list[EmailMessage]:
    """Return what the next hop got from our own program, once there are ``wanted`` of them."""
    deadline = time.monotonic() + PATIENCE
    found: list[EmailMessage] = []
    while len(found) < wanted and time.monotonic() < deadline:
        time.sleep(0.1)
        read = [message_from_bytes(path.read_bytes(), policy=default) for path in platform.kept.iterdir()]
        found = [cast(EmailMessage, each) for each in read if each["Auto-Submitted"] == "auto-generated"]
    return found


def test_people_are_told_once_about_mail_that_was_too_big(platform: Platform) -> None:
    more = "max_message_size: 1\nlanguage: fr\nadministrators: [alice@three.example]\n"
    platform.publish("three", "three.example", more)

    answers = [platform.send(LARGE, "bob@three.example")[0] for _ in range(2)]

    assert all(answer.startswith("552") for answer in answers)
    notices = notices_at(platform, 2)
    assert sorted(str(notice["To"]) for notice in notices) == ["alice@three.example", "bob@three.example"]
    assert all("volumineux" in str(notice["Subject"]) for notice in notices)
    assert all("ann@partner.example" in notice.get_content() for notice in notices)

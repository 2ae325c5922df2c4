"""Late malware events tell what was kept of the message, and say unknown of what was not."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from lazaretto.core.indicators import IndicatorKind
from lazaretto.journal.late_matching import BadTrait, KeptStory, LateMatch
from lazaretto.run.late_events import late_event

NOW = datetime(2026, 5, 1, tzinfo=UTC)
SHA256 = "ab" * 32
LISTED = BadTrait(
    IndicatorKind.ATTACHMENT_SHA256, SHA256, "hash list EICAR test file", name="EICAR test file"
)
CHANNEL = {"advertised": True, "used": True, "protocol": "TLSv1.3", "bits": 256, "forward_secrecy": True}
STORY = KeptStory(
    received={
        "client": {"helo": "mx.partner.example", "hostname": "mail.partner.example", "channel": CHANNEL},
        "reply": "250 2.0.0 Queued",
    },
    look={
        "version": 3,
        "author": "ann@partner.example",
        "facts": {
            "files": [
                {"name": "a.txt", "size": 5, "sha256": "cd" * 32},
                {"name": "b.exe", "size": 68, "sha256": SHA256},
            ],
            "hosts": ["www.partner.example"],
            "country": "BE",
            "spf": {"result": "pass"},
        },
    },
)


def told(story: KeptStory, trait: BadTrait = LISTED) -> dict[str, Any]:
    match = LateMatch(
        tenant=1,
        message=uuid4(),
        received_at=NOW,
        direction="inbound",
        sender="ann@partner.example",
        subject="Minutes",
        message_id="<1@partner.example>",
        client_ip="192.0.2.1",
        size=900,
        recipients=("bob@customer.example",),
        trait=trait,
    )
    return dict(late_event(match, story, NOW).details)


def test_they_tell_what_was_kept_of_the_message() -> None:
    event = told(STORY)

    assert (event["tlsInfo"]["tlsUsed"], event["tlsInfo"]["tlsProtocol"]) == (True, "TLSv1.3")
    assert [each["fileNameOrURL"] for each in event["filesAndLinks"]] == [
        "a.txt",
        "b.exe",
        "www.partner.example",
    ]
    (malicious,) = event["incidents"][0]["filesAndLinks"]
    assert (malicious["fileNameOrURL"], malicious["fileSize"], malicious["index"]) == ("b.exe", 68, 1)
    assert malicious["malwareName"] == "EICAR test file"
    assert (event["HELOString"], event["senderMailserver"]) == ("mx.partner.example", "mail.partner.example")
    assert (event["country"], event["authResults"]["spf"]) == ("BE", "pass")
    assert event["lazaretto"]["configuration"] == "3"


def test_what_is_not_kept_is_unknown_and_never_false() -> None:
    event = told(KeptStory({}, {}))

    assert {event["tlsInfo"][name] for name in ("tlsAdvertised", "tlsUsed", "tlsKeyLength")} == {None}
    assert (list(event["filesAndLinks"]), event["country"], event["newDomainAge"]) == ([], "", -1)
    assert event["incidents"][0]["filesAndLinks"][0]["sha256"] == SHA256


def test_an_indicator_is_the_cause_and_no_name_of_malware() -> None:
    trait = BadTrait(IndicatorKind.ATTACHMENT_SHA256, SHA256, "indicator #3", 1, indicator=3)
    event = told(STORY, trait)

    assert event["lazaretto"]["cause"] == "indicator #3"
    assert [each["malwareName"] for each in event["incidents"][0]["filesAndLinks"]] == [""]

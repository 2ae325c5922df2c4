"""What a customer was promised, seen from outside: mail in at the edge, out at the next hop."""

from __future__ import annotations

import hashlib
import json
import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import SMTP

import pytest

from tests.journeys.conftest import PATIENCE, Platform

EICAR = "X5O!P%@AP[4\\PZX54(P^)7CC)7}$EICAR-" + "STANDARD-ANTIVIRUS-TEST-FILE!$H+H*"

pytestmark = pytest.mark.integration


def a_letter(
    subject: str = "minutes", text: str = "See you on Tuesday.\n", sender: str = "Ann <ann@partner.example>"
) -> EmailMessage:
    message = EmailMessage(policy=SMTP)
    message["From"] = sender
    message["To"] = "bob@one.example"
    message["Subject"] = subject
    message["Date"] = "Tue, 24 Nov 2026 10:00:00 +0000"
    message["Message-ID"] = f"<{time.monotonic_ns()}@partner.example>"
    message.set_content(text)
    return message


def a_lottery() -> EmailMessage:
    return a_letter(
        "CONGRATULATIONS!!! YOU WON",
        "Dear Beneficiary,\n\nYou have WON the sum of $2,500,000.00 USD in the international lottery."
        " To claim your prize contact our fiduciary agent with your full name, address, telephone number"
        " and bank account details. This is 100% risk free, act now!!!\n",
        "CLAIMS <winner@quick-prize.example>",
    )


def test_a_letter_to_a_registered_address_is_delivered_with_its_body_untouched(platform: Platform) -> None:
    octets = a_letter().as_bytes()

    identity, _ = platform.send(octets, "bob@one.example")
    platform.story(identity, "delivered")

    (copy,) = platform.delivered(identity)
    assert copy.endswith(octets.partition(b"\r\n\r\n")[2])
    assert copy.startswith(b"Received: ")


def test_an_unregistered_address_is_refused_in_the_promised_words(platform: Platform) -> None:
    reply, _ = platform.send(a_letter().as_bytes(), "nobody@one.example")

    assert reply.startswith("550 5.1.1")
    assert "invalid recipient" in reply


def test_a_domain_that_is_no_tenants_is_not_relayed_to(platform: Platform) -> None:
    reply, _ = platform.send(a_letter().as_bytes(), "someone@elsewhere.example")

    assert reply == "550 5.7.1 relaying denied"


def test_one_refused_recipient_does_not_stop_the_other(platform: Platform) -> None:
    identity, refused = platform.send(a_letter().as_bytes(), "nobody@one.example", "bob@one.example")

    story = platform.story(identity, "delivered", "refused")

    assert list(refused) == ["nobody@one.example"]
    assert [each["address"] for each in story["recipients"] if each["place"] == "delivered"] == [
        "bob@one.example"
    ]


def test_malware_is_quarantined_and_its_release_delivers_the_very_octets(platform: Platform) -> None:
    message = a_letter("invoice")
    message.add_attachment(EICAR.encode(), maintype="application", subtype="octet-stream", filename="a.com")
    octets = message.as_bytes()

    identity, _ = platform.send(octets, "alice@one.example")
    story = platform.story(identity, "quarantined")
    assert story["verdict"] == "malware"
    assert platform.delivered(identity) == []

    platform.product.command("quarantine", "release", identity)
    platform.product.command("quarantine", "release", identity)
    platform.story(identity, "delivered")

    (copy,) = platform.delivered(identity)
    assert copy.endswith(octets)


def test_spam_is_delivered_with_a_tag_and_nothing_else_of_it_changed(platform: Platform) -> None:
    octets = a_lottery().as_bytes()

    identity, _ = platform.send(octets, "bob@one.example", sender="winner@quick-prize.example")
    story = platform.story(identity, "delivered")

    (copy,) = platform.delivered(identity)
    received = message_from_bytes(copy)
    assert story["verdict"] == "spam"
    assert received["Subject"] == "[SPAM] CONGRATULATIONS!!! YOU WON"
    assert copy.replace(b"Subject: [SPAM] ", b"Subject: ", 1).endswith(octets)


def test_a_borrowed_name_of_a_protected_person_is_noticed(platform: Platform) -> None:
    octets = a_letter(sender='"Elise DUPONT" <ceo@freemail.example>').as_bytes()

    identity, _ = platform.send(octets, "bob@one.example")
    story = platform.story(identity, "delivered", "quarantined")

    assert "FROM_PROTECTED_NAME" in [finding["symbol"] for finding in story["findings"]]


def test_recipients_of_two_tenants_get_their_own_copies_and_stories(platform: Platform) -> None:
    identity, _ = platform.send(a_letter().as_bytes(), "bob@one.example", "bob@two.example")

    lines = []
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        lines = [
            json.loads(each)
            for each in platform.product.command("trace", "--id", identity, "--json").splitlines()
        ]
        places = [recipient["place"] for each in lines for recipient in each["recipients"]]
        if places.count("delivered") == 2:
            break
        time.sleep(0.1)

    assert len(platform.delivered(identity)) == 2
    assert sorted(recipient["address"] for each in lines for recipient in each["recipients"]) == [
        "bob@one.example",
        "bob@two.example",
    ]


def test_a_blocked_sender_is_refused_and_the_refusal_is_in_the_trace(platform: Platform) -> None:
    platform.publish("two", "two.example", "blocked_senders: [pest@partner.example]")

    reply, _ = platform.send(a_letter().as_bytes(), "bob@two.example", sender="pest@partner.example")

    assert reply.startswith("550")
    lines: list[str] = []
    deadline = time.monotonic() + PATIENCE
    while not lines and time.monotonic() < deadline:
        lines = platform.product.command("trace", "--sender", "pest@partner.example", "--json").splitlines()
    assert [recipient["place"] for recipient in json.loads(lines[0])["recipients"]] == ["refused"]


def test_a_changed_document_is_in_force_when_apply_returns(platform: Platform) -> None:
    platform.publish("two", "two.example", "max_message_size: 1")
    big = a_letter(text="x" * 76 + "\n").as_bytes() + (b"y" * 76 + b"\r\n") * 20_000

    reply, _ = platform.send(big, "bob@two.example")

    assert reply.startswith("552 5.3.4")
    platform.publish("two", "two.example")
    identity, _ = platform.send(big, "bob@two.example")
    platform.story(identity, "delivered")
    (copy,) = platform.delivered(identity)
    assert hashlib.sha256(copy[-len(big) + 400 :]).digest() == hashlib.sha256(big[400:]).digest()


def test_a_session_over_tls_is_recorded_as_such(platform: Platform) -> None:
    identity, _ = platform.send(a_letter().as_bytes(), "bob@one.example", tls=True)

    story = platform.story(identity, "delivered")

    received = next(event for event in story["events"] if event["event"] == "received")
    assert received["client"]["tls"]["protocol"].startswith("TLSv1.")
    assert b"with ESMTPS" in platform.delivered(identity)[0]


RULES = """\
rules:
  - name: invoices to the books
    when: {recipients: [alice@two.example]}
    action: {disposition: redirect, redirect_to: books@two.example}
  - name: watch bob
    when: {recipients: [bob@two.example]}
    action: {copy_to: [auditor@two.example], add_header: {name: X-Watched, value: "yes"}}
"""


def test_own_rules_redirect_copy_and_mark(platform: Platform) -> None:
    platform.publish("two", "two.example", RULES)
    octets = a_letter().as_bytes()

    identity, _ = platform.send(octets, "alice@two.example", "bob@two.example")
    platform.story(identity, "delivered")

    received = [each for each in platform.sink.received() if each[3] == identity]
    assert sorted(each[2] for each in received) == [
        "auditor@two.example",
        "bob@two.example",
        "books@two.example",
    ]
    marked = [copy for copy in platform.delivered(identity) if b"X-Watched: yes" in copy]
    assert 1 <= len(marked) <= 2
    assert all(copy.endswith(octets.partition(b"\r\n\r\n")[2]) for copy in platform.delivered(identity))
    platform.publish("two", "two.example")


def test_a_recipient_that_the_next_hop_refuses_is_told_to_the_sender_once(platform: Platform) -> None:
    identity, _ = platform.send(a_letter().as_bytes(), "gone@one.example", "bob@one.example")

    story = platform.story(identity, "delivered", "bounced")

    places = {each["address"]: each["place"] for each in story["recipients"]}
    assert places == {"gone@one.example": "bounced", "bob@one.example": "delivered"}
    notices: list[bytes] = []
    deadline = time.monotonic() + PATIENCE
    while not notices and time.monotonic() < deadline:
        notices = [
            path.read_bytes()
            for path in platform.kept.iterdir()
            if b"multipart/report" in path.read_bytes() and identity.encode() in path.read_bytes()
        ]
        time.sleep(0.1)
    (notice,) = notices
    assert b"gone@one.example" in notice
    assert b"5.1.1" in notice
    assert b"Auto-Submitted: auto-" in notice


def test_a_recipient_that_is_busy_waits_and_can_be_steered(platform: Platform) -> None:
    identity, _ = platform.send(a_letter().as_bytes(), "later@one.example")

    deadline = time.monotonic() + PATIENCE
    waiting: list[dict[str, object]] = []
    while time.monotonic() < deadline:
        listed = platform.product.command("queue", "list", "--json").splitlines()
        waiting = [row for row in map(json.loads, listed) if row["id"] == identity]
        if waiting and waiting[0]["failures"]:
            break
        time.sleep(0.1)

    assert waiting[0]["last_reply"] == "450 4.2.1 mailbox busy"
    assert "due now" in platform.product.command("queue", "retry", identity)
    assert "on hold" in _once_it_waits(platform, "queue", "hold", identity)
    assert [place["place"] for place in platform.story(identity, "held")["recipients"]] == ["held"]
    figures = json.loads(platform.product.command("queue", "figures", "--domain", "one.example", "--json"))
    assert [domain["DeliveryQueueCountInbound"] for domain in figures["Domains"]] == [1]
    platform.product.command("queue", "bounce", "--yes", identity)
    story = platform.story(identity, "bounced")
    assert {"deferred", "retried", "held", "given_up"} <= {event["event"] for event in story["events"]}
    assert story["recipients"][0]["attempts"][-1]["reply"].startswith("554 5.4.7 given up by the operator")


def _once_it_waits(platform: Platform, *words: str) -> str:
    """Give an order about what may be worked on at the moment."""
    deadline = time.monotonic() + PATIENCE
    while True:
        try:
            return platform.product.command(*words)
        except RuntimeError:
            assert time.monotonic() < deadline, "it is worked on all the time"
            time.sleep(0.2)


def test_everything_is_accounted_for(platform: Platform) -> None:
    identity, _ = platform.send(a_letter().as_bytes(), "bob@one.example")
    platform.story(identity, "delivered")

    balances = [json.loads(line) for line in platform.product.command("reconcile", "--json").splitlines()]

    assert balances
    assert [balance for balance in balances if not balance["right"]] == []


def test_wrong_arguments_are_told_in_one_sentence_with_what_to_do(platform: Platform) -> None:
    with pytest.raises(RuntimeError, match="quarantine list"):
        platform.product.command("quarantine", "release", "01a20d50-972d-7571-9a3f-e8e797fe0411")
    with pytest.raises(RuntimeError, match="no tenant"):
        platform.product.command("tenant", "export", "nobody")

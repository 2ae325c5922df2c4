"""What leaves a tenant: under its own names only, encrypted where it wants that, and told in the trace."""

from __future__ import annotations

import pytest

from tests.journeys.conftest import Platform

pytestmark = pytest.mark.integration

OWN_SERVER = "127.0.0.44"
MORE = f"outbound: {{senders: [{OWN_SERVER}/32]}}"


def a_letter(author: str) -> bytes:
    return (
        f"From: {author}\r\nTo: eve@far.example\r\nSubject: minutes\r\n"
        "Date: Tue, 24 Nov 2026 10:00:00 +0000\r\nMessage-ID: <1@out.example>\r\n\r\nSee you.\r\n"
    ).encode()


def test_mail_under_an_own_name_leaves_and_under_a_strangers_is_kept(platform: Platform) -> None:
    platform.publish("out", "out.example", MORE)

    own, _ = platform.send(
        a_letter("Alice <alice@out.example>"),
        "eve@far.example",
        sender="alice@out.example",
        source=OWN_SERVER,
    )
    borrowed, _ = platform.send(
        a_letter("CEO <ceo@one.example>"), "eve@far.example", sender="alice@out.example", source=OWN_SERVER
    )

    assert platform.story(own, "delivered")["recipients"][0]["place"] == "delivered"
    assert len(platform.delivered(own)) == 1
    story = platform.story(borrowed, "quarantined")
    assert "FROM_NOT_REGISTERED" in {finding["symbol"] for finding in story["findings"]}
    assert platform.delivered(borrowed) == []


def test_both_legs_tell_how_they_were_encrypted(platform: Platform) -> None:
    octets = a_letter("Ann <ann@partner.example>")

    identity, _ = platform.send(octets, "bob@one.example", tls=True)

    story = platform.story(identity, "delivered")
    received = next(event for event in story["events"] if event["event"] == "received")["client"]["channel"]
    assert received["used"] and received["advertised"] and received["forward_secrecy"]
    assert (received["protocol"], received["bits"], received["policy"]) == ("TLSv1.3", 256, "opportunistic")
    left = next(event for event in story["events"] if event["event"] == "delivered")["channel"]
    assert left.keys() == received.keys()
    assert not left["used"] and not left["advertised"] and left["policy"] == "opportunistic"


def test_a_partner_in_clear_is_refused_and_the_trace_says_why(platform: Platform) -> None:
    platform.publish("strict", "strict.example", "tls_partners: {bank.example: {inbound: true}}")
    octets = a_letter("Ann <ann@bank.example>")

    reply, _ = platform.send(octets, "bob@strict.example", sender="ann@bank.example")
    identity, _ = platform.send(octets, "bob@strict.example", sender="ann@bank.example", tls=True)

    assert reply == "550 5.7.10 encryption needed"
    story = platform.story(identity, "delivered")
    received = next(event for event in story["events"] if event["event"] == "received")
    assert received["client"]["channel"]["policy"] == "partner inbound"

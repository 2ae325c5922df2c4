"""What leaves is signed for its author's domain, and what we changed of incoming mail is sealed."""

from __future__ import annotations

import json
import smtplib
import time
from datetime import UTC, datetime
from uuid import uuid4

import dkim
import pytest

from lazaretto.core.facts import AuthResult, DnsAnswer, DnsStatus
from lazaretto.detect.authentication.arc import validate
from lazaretto.detect.authentication.canonical import BodyDigests
from lazaretto.detect.authentication.dkim import verify_all
from lazaretto.detect.authentication.fields import RawMessage
from lazaretto.run.gathering import header_of
from lazaretto.run.home import Home
from lazaretto.run.people_mail.digests import Digest, Item, Welcome, composed_digest, composed_welcome
from lazaretto.run.people_mail.letter import Sender
from lazaretto.run.settings import load_settings
from lazaretto.run.spoolroom import spool_room
from lazaretto.spool.acceptor import Acceptor
from tests.journeys.conftest import PATIENCE, Platform
from tests.journeys.test_first_journeys import a_letter, a_lottery

pytestmark = pytest.mark.integration

SERVER = "127.0.0.9"
"""The address of the tenant's own server."""


@pytest.fixture(scope="module")
def records(platform: Platform) -> dict[str, str]:
    """A tenant with a key of each kind, and a key of the platform's own; gives all records by name."""
    platform.publish("signed", "signed.example", f"outbound: {{senders: [{SERVER}]}}")
    command = platform.product.command
    for algorithm in ("rsa-2048", "ed25519"):
        command("dkim", "add", "signed.example", "--algorithm", algorithm)
    command("dkim", "rotate", "signed.example", "--unchecked")
    command("dkim", "add", "lazaretto.test", "--platform")
    command("dkim", "rotate", "lazaretto.test", "--platform", "--unchecked")
    lines = command("dkim", "list", "--json").splitlines()
    return {key["name"]: key["record"] for key in map(json.loads, lines)}


def _sent(platform: Platform, sender: str) -> str:
    letter = a_letter(sender=f"Alice <{sender}>").as_bytes()
    with smtplib.SMTP("127.0.0.1", platform.product.port, source_address=(SERVER, 0), timeout=60) as client:
        client.ehlo("mail.signed.example")
        client.mail(sender)
        client.rcpt("someone@elsewhere.example")
        code, text = client.data(letter)
    assert code == 250, text
    return text.decode().rpartition(" ")[2]


def _published(records: dict[str, str], name: str) -> DnsAnswer:
    return DnsAnswer(DnsStatus.ANSWER, (records[name],))


def test_outgoing_mail_carries_a_signature_of_each_kind(platform: Platform, records: dict[str, str]) -> None:
    deadline = time.monotonic() + PATIENCE
    octets = b""
    # The process that sends learns of new keys within seconds.
    while octets.count(b"DKIM-Signature:") < 2 and time.monotonic() < deadline:
        identity = _sent(platform, "alice@signed.example")
        platform.story(identity, "delivered")
        (octets,) = platform.delivered(identity)

    message = RawMessage(octets)
    outcomes = verify_all(
        message, lambda name: _published(records, name), datetime.now(UTC), BodyDigests(message)
    )

    assert [(each.algorithm, each.domain, each.result) for each in outcomes] == [
        ("rsa-sha256", "signed.example", AuthResult.PASS),
        ("ed25519-sha256", "signed.example", AuthResult.PASS),
    ]
    assert dkim.verify(octets, dnsfunc=lambda name, **_: records[name.decode().rstrip(".")].encode())


def test_tagged_mail_is_sealed_for_those_behind_us(platform: Platform, records: dict[str, str]) -> None:
    deadline = time.monotonic() + PATIENCE
    octets = b""
    while b"ARC-Seal:" not in octets and time.monotonic() < deadline:
        identity, _ = platform.send(a_lottery().as_bytes(), "bob@one.example")
        platform.story(identity, "delivered")
        (octets,) = platform.delivered(identity)

    message = RawMessage(octets)

    chain = validate(message, lambda name: _published(records, name), BodyDigests(message))

    assert b"[SPAM]" in message.header
    assert chain.result is AuthResult.PASS


async def digest_sent(platform: Platform, number: int, kind: str) -> str:
    """Put a digest, or a welcome, for bob into the spool, as the job does; return its number."""
    home = Home(platform.product.home)
    settings, now = load_settings(home), datetime.now(UTC)
    async with spool_room(home, settings, f"digest-test-{number}") as room:
        (tenant,) = [each.tenant for each in room.directory.all() if each.name == "one"]
        digest = Digest(
            tenant=tenant,
            address="bob@one.example",
            language="fr",
            slot=now,
            until=now,
            items=(Item(copy=uuid4(), author="Zoé <z@shop.example>", subject="Été", reason="spam", at=now),),
            is_first=kind == "first digest",
        )
        sender = Sender(host_name="lazaretto.test", base_url="https://portal.example", key="key")
        composed = composed_digest(digest, sender, now)
        if kind == "welcome":
            address = f"bob+{number}@one.example"
            composed = composed_welcome(Welcome(tenant=tenant, address=address, language="fr"), sender, now)
        acceptor = Acceptor(room.pool, room.contents, room.node, settings.spool, read_header=header_of)
        await acceptor.commit_composed(composed)
    return str(composed.id)


@pytest.mark.parametrize("kind", ["digest", "first digest", "welcome"])
async def test_a_digest_goes_through_the_spool_and_is_signed_with_all_that_ends_it_by_a_click(
    platform: Platform, records: dict[str, str], kind: str
) -> None:
    deadline, number, octets = time.monotonic() + PATIENCE, 0, b""
    # The process that sends learns of new keys within seconds.
    while b"DKIM-Signature:" not in octets and time.monotonic() < deadline:
        number += 1
        identity = await digest_sent(platform, number, kind)
        platform.story(identity, "delivered")
        # What we wrote ourselves has no trace header that names it.
        kept = (path.read_bytes() for path in platform.kept.iterdir())
        (octets,) = [each for each in kept if f"Message-ID: <{identity}@".encode() in each]

    message = RawMessage(octets)
    (outcome,) = verify_all(
        message, lambda name: _published(records, name), datetime.now(UTC), BodyDigests(message)
    )
    assert (outcome.domain, outcome.result) == ("lazaretto.test", AuthResult.PASS)
    signature = dkim.DKIM(octets)
    assert signature.verify(dnsfunc=lambda name, **_: records[name.decode().rstrip(".")].encode())
    # RFC 8058 section 4: a signature covers both fields, or the click is not offered.
    covered = {name for name, _value in signature.signed_headers}
    assert {b"list-unsubscribe", b"list-unsubscribe-post", b"from"} <= covered
    assert b"List-Unsubscribe-Post: List-Unsubscribe=One-Click" in message.header


def test_mail_that_is_only_passed_on_is_not_sealed(platform: Platform, records: dict[str, str]) -> None:
    identity, _ = platform.send(a_letter().as_bytes(), "bob@one.example")
    platform.story(identity, "delivered")

    (octets,) = platform.delivered(identity)

    assert b"ARC-Seal:" not in octets


def test_the_keys_of_a_domain_turn_over_and_a_selector_is_never_used_again(platform: Platform) -> None:
    platform.publish("turned", "turned.example")
    command = platform.product.command
    command("dkim", "add", "turned.example")

    with pytest.raises(RuntimeError, match="not published; publish the record"):
        command("dkim", "rotate", "turned.example")
    command("dkim", "rotate", "turned.example", "--unchecked")
    command("dkim", "rotate", "turned.example", "--unchecked")
    command("dkim", "remove", "turned.example", "lz1", "--yes")
    listed = [json.loads(line) for line in command("dkim", "list", "turned.example", "--json").splitlines()]

    assert [(key["selector"], key["state"]) for key in listed] == [("lz2", "signing"), ("lz3", "waiting")]
    command("dkim", "rotate", "turned.example", "--unchecked")
    listed = [json.loads(line) for line in command("dkim", "list", "turned.example", "--json").splitlines()]
    assert [key["selector"] for key in listed] == ["lz2", "lz3", "lz4"]


def test_keys_go_on_signing_when_the_keys_that_seal_them_are_rotated(
    platform: Platform, records: dict[str, str]
) -> None:
    platform.product.command("keys", "rotate", "signed")

    identity = _sent(platform, "alice@signed.example")
    platform.story(identity, "delivered")
    (octets,) = platform.delivered(identity)

    assert dkim.verify(octets, dnsfunc=lambda name, **_: records[name.decode().rstrip(".")].encode())

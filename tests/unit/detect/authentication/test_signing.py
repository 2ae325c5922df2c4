"""What we sign verifies, with our own verifier and with another one, and leaves nothing open."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import dkim
import pytest

from lazaretto.core.facts import AuthResult, DnsAnswer, DnsStatus
from lazaretto.detect.authentication.arc import validate
from lazaretto.detect.authentication.canonical import BodyDigests
from lazaretto.detect.authentication.dkim import verify_all
from lazaretto.detect.authentication.fields import RawField, RawMessage
from lazaretto.detect.authentication.sealing import arc_set, results_of_ours
from lazaretto.detect.authentication.signing import (
    LIFETIME,
    Algorithm,
    SigningKey,
    dkim_field,
    new_private_key,
    private_key_of,
    public_record,
)

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
MESSAGE = (
    b"From: Ann <ann@author.example>\r\nTo: bob@customer.example\r\nSubject: Offer\r\n"
    b"Date: Tue, 1 Sep 2026 12:00:00 +0000\r\nMessage-ID: <1@author.example>\r\n\r\nGood day,  Bob\r\n"
    b"\r\n\r\n"
)


def _key(algorithm: Algorithm, domain: str = "author.example") -> SigningKey:
    return SigningKey(domain=domain, selector="lz1", private=private_key_of(new_private_key(algorithm)))


RSA = _key(Algorithm.RSA)
ED25519 = _key(Algorithm.ED25519)
BOTH = pytest.mark.parametrize("key", [RSA, ED25519], ids=["rsa", "ed25519"])


def _signed(octets: bytes, key: SigningKey, now: datetime = NOW) -> bytes:
    message = RawMessage(octets)
    return dkim_field(message, BodyDigests(message), key, now).raw + octets


def _verifies_elsewhere(signed: bytes, key: SigningKey) -> bool:
    return bool(dkim.verify(signed, dnsfunc=lambda *_, **__: public_record(key.private).encode()))


def _answer(key: SigningKey) -> DnsAnswer:
    return DnsAnswer(DnsStatus.ANSWER, (public_record(key.private),))


def _result(octets: bytes, key: SigningKey, now: datetime = NOW) -> AuthResult:
    message = RawMessage(octets)
    (one, *_) = verify_all(message, lambda _: _answer(key), now, BodyDigests(message))
    return one.result


@BOTH
def test_a_signature_of_ours_verifies(key: SigningKey) -> None:
    assert _result(_signed(MESSAGE, key), key) is AuthResult.PASS


def test_another_implementation_verifies_it_too() -> None:
    # The other one goes by the system's clock; of Ed25519 it knows nothing here.
    assert _verifies_elsewhere(_signed(MESSAGE, RSA, datetime.now(UTC)), RSA)


@BOTH
@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b"Subject: Offer", b"Subject: Threat", id="another subject"),
        pytest.param(b"Good day", b"Bad day", id="another text"),
        pytest.param(b"To: bob", b"Cc: eve@x.example\r\nTo: bob", id="a field that was not there"),
        pytest.param(b"From: Ann", b"From: Eve <eve@x.example>\r\nFrom: Ann", id="a second From"),
        pytest.param(b"Subject:", b"Subject: Other\r\nSubject:", id="a second subject"),
        pytest.param(b"\r\n\r\n\r\n", b"\r\nand more\r\n", id="text behind the end"),
    ],
)
def test_nothing_that_people_read_can_be_changed_or_added(key: SigningKey, old: bytes, new: bytes) -> None:
    signed = _signed(MESSAGE, key)

    assert _result(signed.replace(old, new), key) is not AuthResult.PASS


def test_a_signature_ends() -> None:
    signed = _signed(MESSAGE, ED25519)

    assert _result(signed, ED25519, NOW + LIFETIME) is AuthResult.PASS
    assert _result(signed, ED25519, NOW + LIFETIME + timedelta(seconds=1)) is not AuthResult.PASS


@BOTH
def test_lines_of_a_signature_are_of_moderate_length(key: SigningKey) -> None:
    lines = _signed(MESSAGE, key).partition(b"From:")[0].splitlines()

    assert max(map(len, lines)) <= 78


def test_a_header_of_very_many_fields_is_signed_within_the_limits_of_a_verifier() -> None:
    many = b"References: <1@x.example>\r\n" * 500 + b"To: x@x.example\r\n" * 500 + MESSAGE

    signed = _signed(many, RSA, datetime.now(UTC))

    assert _verifies_elsewhere(signed, RSA)


RESULTS = b"mx.lazaretto.example; spf=pass smtp.mailfrom=author.example; arc="


def _sealed(octets: bytes, key: SigningKey, arc: bytes) -> bytes:
    message = RawMessage(octets)
    fields = arc_set(message, BodyDigests(message), key, NOW, RESULTS + arc)
    return b"".join(field.raw for field in fields) + octets


def _arc(octets: bytes, *keys: SigningKey) -> AuthResult:
    message = RawMessage(octets)
    answers = {key.record_name: _answer(key) for key in keys}
    return validate(message, answers.get, BodyDigests(message)).result


SEALER = _key(Algorithm.RSA, "lazaretto.example")
NEXT = _key(Algorithm.RSA, "next.example")


def test_a_seal_of_ours_is_valid_and_so_is_the_next_one_behind_it() -> None:
    once = _sealed(MESSAGE, SEALER, b"none")
    twice = _sealed(once.replace(b"Subject: Offer", b"Subject: [LIST] Offer"), NEXT, b"pass")

    assert _arc(once, SEALER) is AuthResult.PASS
    assert _arc(twice, SEALER, NEXT) is AuthResult.PASS


def test_another_implementation_finds_our_seal_valid() -> None:
    record = public_record(SEALER.private).encode()

    validation, *_ = dkim.arc_verify(_sealed(MESSAGE, SEALER, b"none"), dnsfunc=lambda *_, **__: record)

    assert validation == dkim.CV_Pass


def test_a_broken_chain_is_closed_once_and_never_mended() -> None:
    once = _sealed(MESSAGE, SEALER, b"none")
    closed = _sealed(once.replace(b"Good day", b"Bad day"), NEXT, b"fail")

    assert b"cv=fail" in closed
    assert _arc(closed, SEALER, NEXT) is AuthResult.FAIL
    assert _sealed(closed, SEALER, b"fail") == closed
    assert _sealed(closed, SEALER, b"pass") == closed


@pytest.mark.parametrize(
    ("header", "arc"),
    [
        pytest.param(b"ARC-Seal: i=1; nonsense\r\n", b"fail", id="malformed"),
        pytest.param(b"ARC-Seal: i=1; a=rsa-sha256; cv=none\r\n", b"pass", id="incomplete"),
    ],
)
def test_to_a_malformed_chain_nothing_is_added(header: bytes, arc: bytes) -> None:
    assert _sealed(header + MESSAGE, SEALER, arc) == header + MESSAGE


def test_where_the_dns_was_silent_nobody_vouches() -> None:
    once = _sealed(MESSAGE, SEALER, b"none")

    assert _sealed(once, NEXT, b"temperror") == once


def test_only_results_under_our_own_name_are_passed_on() -> None:
    fields = (
        RawField(b"authentication-results", b"Authentication-Results: mx.other.example; spf=pass\r\n"),
        RawField(b"authentication-results", b"Authentication-Results: mx.ours.example; spf=fail\r\n"),
        RawField(
            b"authentication-results", b"Authentication-Results: mx.ours.example.evil.example; spf=pass\r\n"
        ),
    )

    assert results_of_ours(fields, "mx.ours.example") == b"mx.ours.example; spf=fail"
    assert results_of_ours(fields[:1], "mx.ours.example") == b""


def test_the_published_record_of_an_ed25519_key_is_its_32_octets() -> None:
    record = public_record(ED25519.private)

    assert len(base64.b64decode(record.partition("p=")[2])) == 32

"""A signature counts only if it covers what people read, is made by who may, with a key that may."""

from __future__ import annotations

import base64
import time
from datetime import UTC, datetime, timedelta
from typing import Any

import dkim as other_implementation
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from hypothesis import given, settings
from hypothesis import strategies as st

from lazaretto.core.facts import AuthResult, Dkim, DnsAnswer, DnsStatus
from lazaretto.detect.authentication.canonical import BodyDigests
from lazaretto.detect.authentication.dkim import verify_all
from lazaretto.detect.authentication.dkim_key import NoKey, parse_key
from lazaretto.detect.authentication.fields import RawMessage

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
MESSAGE = (
    b"From: Ann <ann@author.example>\r\nTo: bob@customer.example\r\nSubject: Hello\r\n"
    b"Date: Tue, 1 Sep 2026 12:00:00 +0000\r\n\r\nHello  Bob \r\n\r\nAnn\r\n\r\n"
)


def verify(message: bytes, record: str | DnsAnswer | None, now: datetime = NOW) -> tuple[Dkim, ...]:
    raw = RawMessage(message)
    answer = DnsAnswer(DnsStatus.ANSWER, (record,)) if isinstance(record, str) else record
    return verify_all(raw, lambda _: answer, now, BodyDigests(raw))


def result(message: bytes, record: str | DnsAnswer | None, now: datetime = NOW) -> tuple[AuthResult, str]:
    (outcome,) = verify(message, record, now)
    return outcome.result, outcome.problem


def test_what_was_signed_is_reported(signer: Any) -> None:
    (outcome,) = verify(
        signer.sign(MESSAGE, "author.example", identity=b"ann@sub.author.example"), signer.record
    )

    assert outcome == Dkim(
        result=AuthResult.PASS,
        domain="author.example",
        selector="s1",
        identity="ann@sub.author.example",
        algorithm="rsa-sha256",
    )


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        pytest.param(b"Hello  Bob", b"Hello  Rob", "the body was changed", id="body"),
        pytest.param(b"Subject: Hello", b"Subject: Buy", "the header was changed", id="header"),
        pytest.param(b" b=", b" b=AAAA", "the header was changed", id="signature"),
    ],
)
def test_a_change_breaks_the_signature(signer: Any, old: bytes, new: bytes, problem: str) -> None:
    changed = signer.sign(MESSAGE, "author.example").replace(old, new, 1)

    found, words = result(changed, signer.record)

    assert found is AuthResult.FAIL
    assert words.startswith(problem)


def test_what_relaxed_form_ignores_may_change(signer: Any) -> None:
    signed = signer.sign(MESSAGE, "author.example")
    reflowed = signed.replace(b"Subject: Hello", b"SUBJECT:\r\n  Hello").replace(
        b"Hello  Bob ", b"Hello\tBob"
    )

    assert result(reflowed, signer.record)[0] is AuthResult.PASS


@pytest.mark.parametrize(
    ("record", "outcome", "problem"),
    [
        (DnsAnswer(DnsStatus.TIMEOUT), AuthResult.TEMPERROR, "did not answer"),
        (DnsAnswer(DnsStatus.SERVER_FAILURE), AuthResult.TEMPERROR, "did not answer"),
        (DnsAnswer(DnsStatus.NO_DOMAIN), AuthResult.PERMERROR, "no such key"),
        (None, AuthResult.TEMPERROR, "not asked for"),
        ("v=DKIM1; p=", AuthResult.PERMERROR, "revoked"),
        ("v=DKIM2; p=AAAA", AuthResult.PERMERROR, "unknown version"),
        ("v=DKIM1; k=dsa; p=AAAA", AuthResult.PERMERROR, "unknown kind"),
        ("v=DKIM1; p=AAAA", AuthResult.PERMERROR, "cannot be read"),
        ("v=DKIM1; p=!!", AuthResult.PERMERROR, "bad key record"),
        ("v=DKIM1; p=" + "A" * 20_000, AuthResult.PERMERROR, "too long"),
    ],
)
def test_without_a_key_nothing_passes(
    signer: Any, record: str | DnsAnswer | None, outcome: AuthResult, problem: str
) -> None:
    found, words = result(signer.sign(MESSAGE, "author.example"), record)

    assert found is outcome
    assert problem in words


@pytest.mark.parametrize(
    ("tags", "outcome", "problem"),
    [
        ("t=y", AuthResult.NONE, "for tests"),
        ("t=s", AuthResult.PERMERROR, "sub-domains"),
        ("h=sha1", AuthResult.PERMERROR, "not for this hash"),
        ("h=sha1:sha256", AuthResult.PASS, ""),
        ("s=tlsrpt", AuthResult.PERMERROR, "not for mail"),
        ("s=tlsrpt:email", AuthResult.PASS, ""),
        (";", AuthResult.PASS, ""),
        ("p=AAAA", AuthResult.PERMERROR, "twice"),
    ],
)
def test_the_key_says_how_it_may_be_used(signer: Any, tags: str, outcome: AuthResult, problem: str) -> None:
    signed = signer.sign(MESSAGE, "author.example", identity=b"@sub.author.example")

    found, words = result(signed, f"{signer.record}; {tags}")

    assert (found, problem in words) == (outcome, True)


def test_an_expired_signature_does_not_count(signer: Any) -> None:
    signed = signer.sign(MESSAGE, "author.example")
    signed_at = int(signed.partition(b" t=")[2].partition(b";")[0])
    expiring = signed.replace(b" t=", b" x=%d; t=" % (signed_at + 60), 1)

    assert result(expiring, signer.record, datetime.fromtimestamp(signed_at + 61, UTC)) == (
        AuthResult.PERMERROR,
        "the signature has expired",
    )
    assert result(expiring, signer.record, datetime.fromtimestamp(signed_at, UTC) + timedelta(seconds=59))[
        0
    ] is (AuthResult.FAIL)


@pytest.mark.parametrize(
    ("old", "new", "problem"),
    [
        (b"v=1;", b"v=2;", "unknown version"),
        (b"v=1;", b"v=1; v=1;", "twice"),
        (b"a=rsa-sha256", b"a=rsa-md5", "unknown algorithm"),
        (b"a=rsa-sha256", b"a=rsa-sha1", "SHA-1"),
        (b"c=relaxed/relaxed", b"c=relaxed/", "unknown canonicalization"),
        (b"d=author.example", b"d=other.example", "not at or below"),
        (b"d=author.example", b"d=author..example", "not a domain"),
        (b"s=s1", b"s=s1\x00", "not a domain"),
        (b"q=dns/txt", b"q=http", "not in the DNS"),
        (b"h=from", b"h=" + b"x:" * 250 + b"from", "too many"),
        (b"h=from", b"l=999; h=from", "beyond the body"),
        (b"h=from", b"l=-1; h=from", "not a number"),
        (b"h=from", b"l=" + b"9" * 80 + b"; h=from", "not a number"),
        (b"h=from", b"\xff=1; h=from", "UTF-8"),
        (b"h=from", b"=; h=from", "cannot read"),
    ],
)
def test_a_malformed_signature_is_an_error_of_its_own(
    signer: Any, old: bytes, new: bytes, problem: str
) -> None:
    signed = signer.sign(MESSAGE, "author.example", identity=b"@author.example")
    assert old in signed

    found, words = result(signed.replace(old, new, 1), signer.record)

    assert found is AuthResult.PERMERROR
    assert problem in words


def test_a_signature_that_leaves_from_open_is_none() -> None:
    field = b"DKIM-Signature: v=1; a=rsa-sha256; d=a.example; s=s; h=to; bh=AA==; b=AA==\r\n"

    assert result(field + MESSAGE, None) == (AuthResult.PERMERROR, "From is not signed")


def test_text_behind_the_signed_length_takes_the_signature_away(signer: Any) -> None:
    signed = signer.sign(MESSAGE, "author.example", length=True)

    (whole,) = verify(signed, signer.record)
    (longer,) = verify(signed + b"Click here\r\n", signer.record)

    assert (whole.result, whole.body_covered) == (AuthResult.PASS, True)
    assert (longer.result, longer.body_covered) == (AuthResult.POLICY, False)


def test_nobody_signs_for_a_public_suffix(signer: Any) -> None:
    message = MESSAGE.replace(b"author.example", b"author.co.uk")

    assert result(signer.sign(message, "co.uk"), signer.record) == (
        AuthResult.PERMERROR,
        "d= is a public suffix",
    )
    assert result(signer.sign(message, "author.co.uk"), signer.record)[0] is AuthResult.PASS


def test_a_second_from_field_takes_the_signature_away(signer: Any) -> None:
    signed = signer.sign(MESSAGE, "author.example", include_headers=[b"from", b"subject"])

    assert result(b"From: bank@bank.example\r\n" + signed, signer.record) == (
        AuthResult.PERMERROR,
        "a From field is not signed",
    )


def test_fields_that_are_left_open_are_named(signer: Any) -> None:
    signed = signer.sign(MESSAGE, "author.example", include_headers=[b"from", b"date", b"to"])

    (outcome,) = verify(b"Reply-To: x@evil.example\r\n" + signed, signer.record)

    assert outcome.result is AuthResult.PASS
    assert outcome.unsigned == ("subject", "reply-to")


SHORT_KEY = (
    "k=rsa; p=MFwwDQYJKoZIhvcNAQEBBQADSwAwSAJBALgSoqXVSEmfcIsOzw7oRuCCOwsmtX/SJnTWxYyj2leFxfS/AVJ+dYfY"
    "+hXqMsT7l+MZvvh/R1WzN4MO/kI/7XsCAwEAAQ=="
)


def test_a_key_of_512_bits_proves_nothing(signer: Any) -> None:
    assert result(signer.sign(MESSAGE, "author.example"), SHORT_KEY) == (
        AuthResult.PERMERROR,
        "a key of 512 bits is not accepted",
    )


@pytest.mark.parametrize("bits", [1024, 2048])
def test_keys_of_usual_size_count(bits: int) -> None:
    assert result(*_signed_with(bits)) == (AuthResult.PASS, "")


def test_keys_above_4096_bits_are_not_even_used(signer: Any) -> None:
    numbers = rsa.RSAPublicNumbers(65537, (1 << 8191) + 1)
    assert "is not accepted" in result(signer.sign(MESSAGE, "author.example"), _record(numbers))[1]


def test_a_huge_exponent_is_refused() -> None:
    modulus = rsa.generate_private_key(65537, 1024).public_key().public_numbers().n

    key = parse_key(_record(rsa.RSAPublicNumbers((1 << 900) + 1, modulus)))

    assert isinstance(key, NoKey)


def _record(numbers: rsa.RSAPublicNumbers) -> str:
    der = numbers.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )
    return f"v=DKIM1; p={base64.b64encode(der).decode()}"


def _signed_with(bits: int) -> tuple[bytes, str]:
    private = rsa.generate_private_key(65537, bits)
    pem = private.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    signature = other_implementation.sign(MESSAGE, b"s1", b"author.example", pem)
    return signature + MESSAGE, _record(private.public_key().public_numbers())


def test_ten_signatures_are_looked_at_and_600_cost_no_more(signer: Any) -> None:
    field = signer.sign(MESSAGE, "author.example")[: -len(MESSAGE)]
    started = time.process_time()

    outcomes = verify(field * 600 + MESSAGE, signer.record)

    assert len(outcomes) == 10
    assert time.process_time() - started < 1


def test_each_of_several_signatures_is_judged_for_itself(signer: Any) -> None:
    once = signer.sign(MESSAGE, "author.example")
    twice = signer.sign(once, "list.example").replace(b"s=s1", b"s=s2", 1)

    assert [each.result for each in verify(twice, signer.record)] == [AuthResult.FAIL, AuthResult.PASS]


TEXT = st.lists(
    st.sampled_from([b"word", b" ", b"  ", b"\t", b"\r\n", b"\r\n\r\n", b"\xc3\xa9", b"."]), max_size=40
).map(lambda pieces: b"".join(pieces) + b"\r\n")
FORM = st.sampled_from([b"simple", b"relaxed"])


@settings(deadline=None, max_examples=60)
@given(body=TEXT, header=FORM, form=FORM, subject=st.sampled_from([b"x", b" a  b ", b"a\r\n\tb", b""]))
def test_whatever_another_implementation_signs_verifies(
    signer: Any, body: bytes, header: bytes, form: bytes, subject: bytes
) -> None:
    message = b"From: a@author.example\r\nSubject: " + subject + b"\r\n\r\n" + body

    signed = signer.sign(message, "author.example", forms=(header, form))

    assert result(signed, signer.record) == (AuthResult.PASS, "")


@settings(deadline=None)
@given(st.binary(max_size=300))
def test_no_signature_field_can_break_it(octets: bytes) -> None:
    for outcome in verify(b"DKIM-Signature: " + octets + b"\r\n" + MESSAGE, "v=DKIM1; p="):
        assert outcome.result is not AuthResult.PASS

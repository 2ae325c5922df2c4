"""A chain is worth something only if every seal holds, and lends no trust by itself."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPrivateKey
from cryptography.hazmat.primitives.serialization import load_pem_private_key
from hypothesis import given, settings
from hypothesis import strategies as st

from lazaretto.core.facts import Arc, AuthResult, DnsAnswer, DnsStatus
from lazaretto.detect.authentication.arc import key_names, validate
from lazaretto.detect.authentication.canonical import BodyDigests
from lazaretto.detect.authentication.fields import RawMessage

MESSAGE = (
    b"Authentication-Results: mx.one.example; spf=pass smtp.mailfrom=author.example\r\n"
    b"From: Ann <ann@author.example>\r\nTo: bob@customer.example\r\nSubject: Hello\r\n\r\nHello  Bob\r\n"
)


def relaxed(field: bytes) -> bytes:
    name, _, value = field.partition(b":")
    return name.lower() + b":" + b" ".join(value.split())


def signed(octets: bytes, signer: Any) -> bytes:
    private = load_pem_private_key(signer.private, None)
    assert isinstance(private, RSAPrivateKey)
    return base64.b64encode(private.sign(octets, padding.PKCS1v15(), hashes.SHA256()))


def sealed(message: bytes, signer: Any, domain: str) -> bytes:
    """Return ``message``, which has no set yet, with one of ``domain`` on top (RFC 8617 §5.1)."""
    header, _, body = message.partition(b"\r\n\r\n")
    fields = {line.partition(b":")[0].lower(): line for line in header.split(b"\r\n")}
    common = b"i=1; a=rsa-sha256; d=%s; s=s1; " % domain.encode()
    body_hash = base64.b64encode(hashlib.sha256(body.replace(b"  ", b" ")).digest())
    results = b"ARC-Authentication-Results: i=1; mx.%s; spf=pass" % domain.encode()
    signature = b"ARC-Message-Signature: %sc=relaxed/relaxed; h=from:subject; bh=%s; b=" % (common, body_hash)
    covered = [relaxed(fields[name]) for name in (b"from", b"subject")]
    signature += signed(b"\r\n".join([*covered, relaxed(signature)]), signer)
    seal = b"ARC-Seal: %scv=none; b=" % common
    seal += signed(b"\r\n".join([relaxed(results), relaxed(signature), relaxed(seal)]), signer)
    return b"\r\n".join([seal, signature, results, message])


def outcome(message: bytes, answer: DnsAnswer | str) -> Arc:
    raw = RawMessage(message)
    found = DnsAnswer(DnsStatus.ANSWER, (answer,)) if isinstance(answer, str) else answer
    return validate(raw, lambda _: found, BodyDigests(raw))


def test_a_message_without_arc_has_none() -> None:
    assert outcome(MESSAGE, "") == Arc()


def test_an_intact_set_is_valid(signer: Any) -> None:
    message = sealed(MESSAGE, signer, "one.example")

    assert outcome(message, signer.record) == Arc(result=AuthResult.PASS, sealers=("one.example",))
    assert key_names(RawMessage(message).fields, 10) == ["s1._domainkey.one.example"]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param(b"Hello  Bob", b"Hello  Rob", id="body"),
        pytest.param(b"Subject: Hello", b"Subject: Buy", id="field"),
        pytest.param(b"i=1; mx.one.example", b"i=1; mx.two.example", id="results"),
        pytest.param(b"cv=none", b"cv=pass", id="validation"),
        pytest.param(b"ARC-Seal", b"X-Seal", id="missing seal"),
    ],
)
def test_a_change_breaks_the_chain(signer: Any, old: bytes, new: bytes) -> None:
    message = sealed(MESSAGE, signer, "one.example")
    assert old in message

    assert outcome(message.replace(old, new, 1), signer.record).result is AuthResult.FAIL


@pytest.mark.parametrize(
    ("answer", "result"),
    [
        (DnsAnswer(DnsStatus.TIMEOUT), AuthResult.TEMPERROR),
        (DnsAnswer(DnsStatus.NO_DOMAIN), AuthResult.FAIL),
        ("v=DKIM1; p=", AuthResult.FAIL),
    ],
)
def test_without_keys_there_is_no_pass(signer: Any, answer: DnsAnswer | str, result: AuthResult) -> None:
    assert outcome(sealed(MESSAGE, signer, "one.example"), answer).result is result


def test_more_than_fifty_sets_are_not_looked_at() -> None:
    sets = b"".join(
        b"ARC-Seal: i=%d; a=rsa-sha256; cv=pass; d=a.example; s=s; b=AA==\r\n"
        b"ARC-Message-Signature: i=%d; a=rsa-sha256; d=a.example; s=s; h=from; bh=AA==; b=AA==\r\n"
        b"ARC-Authentication-Results: i=%d; a.example; none\r\n" % (i, i, i)
        for i in range(60, 0, -1)
    )

    assert outcome(sets + MESSAGE, "").result is AuthResult.FAIL


def test_few_keys_are_asked_however_many_sealers_there_are() -> None:
    sets = b"".join(
        b"ARC-Seal: i=%d; a=rsa-sha256; cv=pass; d=d%d.example; s=s; b=AA==\r\n"
        b"ARC-Message-Signature: i=%d; a=rsa-sha256; d=m.example; s=s; h=from; bh=AA==; b=AA==\r\n"
        b"ARC-Authentication-Results: i=%d; a.example; none\r\n" % (i, i, i, i)
        for i in range(50, 0, -1)
    )

    assert len(key_names(RawMessage(sets + MESSAGE).fields, 10)) == 10


async def test_a_valid_chain_of_a_stranger_does_not_help_the_author(check: Any, signer: Any) -> None:
    records = {
        "s1._domainkey.one.example": {"TXT": [signer.record]},
        "_dmarc.author.example": {"TXT": ["v=DMARC1; p=reject"]},
    }

    facts = await check(sealed(MESSAGE, signer, "one.example"), records, reverse_path="x@one.example")

    assert facts.arc.result is AuthResult.PASS
    assert (facts.dmarc.result, facts.dmarc.policy) == (AuthResult.FAIL, "reject")


@settings(deadline=None)
@given(st.binary(max_size=200), st.sampled_from([b"Seal", b"Message-Signature", b"Authentication-Results"]))
def test_no_field_can_break_it(octets: bytes, name: bytes) -> None:
    assert outcome(b"ARC-" + name + b": i=1; " + octets + b"\r\n" + MESSAGE, "").result is not AuthResult.PASS

"""What is signed is what goes over the wire: with its changes, however large, under the right name."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import replace
from datetime import UTC, datetime

import pytest

from lazaretto.core.decision import Splice
from lazaretto.core.envelope import Direction
from lazaretto.core.facts import AuthResult, DnsAnswer, DnsStatus
from lazaretto.core.identity import PLATFORM, TenantId
from lazaretto.delivery.payload import Payload
from lazaretto.delivery.signing import Signing
from lazaretto.detect.authentication.arc import validate
from lazaretto.detect.authentication.canonical import BodyDigests
from lazaretto.detect.authentication.dkim import verify_all
from lazaretto.detect.authentication.fields import RawMessage
from lazaretto.detect.authentication.signing import (
    Algorithm,
    SigningKey,
    new_private_key,
    private_key_of,
    public_record,
)
from lazaretto.mail.octets import WindowedOctets
from lazaretto.testing.copies import a_copy

NOW = datetime(2026, 9, 1, 12, 0, tzinfo=UTC)
PRIVATE = private_key_of(new_private_key(Algorithm.RSA))
HEADER = (
    b"Authentication-Results: mx.ours.example; spf=pass\r\nFrom: <ann@mail.one.example>\r\n"
    b"Subject: Hello\r\n\r\n"
)


class Ring:
    """Keys of given tenants and domains."""

    def __init__(self, *owned: tuple[TenantId, str]) -> None:
        self._owned = owned

    def signing_for(self, tenant: TenantId, domain: str) -> tuple[SigningKey, ...]:
        if (tenant, domain) not in self._owned:
            return ()
        return (SigningKey(domain=domain, selector="lz1", private=PRIVATE),)

    def domains_of(self, tenant: TenantId) -> Collection[str]:
        return [domain for owner, domain in self._owned if owner == tenant]


async def _signed(ring: Ring, payload: Payload, direction: Direction, **changes: object) -> bytes:
    copy = replace(payload._copy, direction=direction, **changes)  # type: ignore[arg-type]
    payload = await Signing(ring, "mx.ours.example", lambda: NOW).signed(copy, payload)
    octets = b"".join([piece async for piece in payload.chunks()])
    assert payload.size == len(octets)
    return octets


def _passing(octets: bytes) -> list[str]:
    message = RawMessage(octets)
    answer = DnsAnswer(DnsStatus.ANSWER, (public_record(PRIVATE),))
    found = verify_all(message, lambda _: answer, NOW, BodyDigests(message))
    assert all(each.result is AuthResult.PASS for each in found), found
    return [each.domain for each in found]


def _payload(
    body: bytes = b"Hello\r\n", splices: tuple[Splice, ...] = (), *, windowed: bool = False
) -> Payload:
    octets = HEADER + body
    copy = replace(a_copy(), splices=splices, trace_header=b"Received: by mx.ours.example\r\n")
    if windowed:
        return Payload(copy, WindowedOctets(lambda at, count: octets[at : at + count], len(octets)))
    return Payload(copy, octets)


TENANT = a_copy().lease.tenant


@pytest.mark.parametrize("windowed", [False, True], ids=["in memory", "in a file"])
@pytest.mark.parametrize(
    "body", [b"", b"Hello\r\n", b"0123456789abcde\r\n" * 100_000], ids=["none", "small", "large"]
)
async def test_what_goes_out_verifies(body: bytes, windowed: bool) -> None:
    splices = (Splice(HEADER.index(b"Hello"), 0, b"[TAG] "),)

    octets = await _signed(
        Ring((TENANT, "one.example")), _payload(body, splices, windowed=windowed), Direction.OUTBOUND
    )

    assert _passing(octets) == ["one.example"]


async def test_the_nearest_domain_above_the_author_signs() -> None:
    ring = Ring((TENANT, "one.example"), (TENANT, "mail.one.example"), (TENANT, "example"))

    assert _passing(await _signed(ring, _payload(), Direction.OUTBOUND)) == ["mail.one.example"]


@pytest.mark.parametrize(
    ("owner", "domain"),
    [
        pytest.param(TenantId(TENANT + 1), "one.example", id="the domain is another tenant's"),
        pytest.param(TENANT, "two.example", id="the author is of another domain"),
        pytest.param(TENANT, "example", id="a name of one label"),
        pytest.param(PLATFORM, "one.example", id="the platform's key"),
    ],
)
async def test_nobody_signs_for_a_domain_that_is_not_his(owner: TenantId, domain: str) -> None:
    payload = _payload()

    assert await _signed(Ring((owner, domain)), payload, Direction.OUTBOUND) == payload.whole


async def test_our_own_notices_are_signed_with_our_own_key() -> None:
    ring = Ring((PLATFORM, "one.example"), (TENANT, "mail.one.example"))

    assert _passing(await _signed(ring, _payload(), Direction.INTERNAL)) == ["one.example"]


async def test_changed_incoming_mail_is_sealed_and_other_mail_is_not() -> None:
    ring = Ring((PLATFORM, "ours.example"))
    on_top = (Splice(0, 0, b"X-Lazaretto-Verdict: clean\r\n"),)
    tagged = (Splice(HEADER.index(b"Hello"), 0, b"[TAG] "),)

    added = await _signed(ring, _payload(splices=on_top), Direction.INBOUND, splices=on_top)
    changed = await _signed(ring, _payload(splices=tagged), Direction.INBOUND, splices=tagged)

    assert b"ARC-Seal" not in added
    message = RawMessage(changed)
    answer = DnsAnswer(DnsStatus.ANSWER, (public_record(PRIVATE),))
    assert validate(message, lambda _: answer, BodyDigests(message)).result is AuthResult.PASS
    assert b"DKIM-Signature" not in changed

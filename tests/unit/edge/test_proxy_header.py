"""A PROXY header names the client, or is refused; never is a part of it taken for a command."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from lazaretto.edge.proxy_header import LONGEST_BINARY, BadHeader, Proxied, read_proxy_header
from lazaretto.edge.settings import EdgeSettings

SIGNATURE = b"\r\n\r\n\0\r\nQUIT\n"
V4 = bytes([192, 0, 2, 7, 127, 0, 0, 1]) + (40_000).to_bytes(2, "big") + (25).to_bytes(2, "big")
V6 = bytes.fromhex("20010db8000000000000000000000007") * 2 + b"\x9c\x40\x00\x19"


def binary(body: bytes, version: int = 0x21, family: int = 0x11) -> bytes:
    return SIGNATURE + bytes([version, family]) + len(body).to_bytes(2, "big") + body


@pytest.mark.parametrize(
    ("octets", "said"),
    [
        (b"PROXY TCP4 192.0.2.7 127.0.0.1 40000 25\r\n", ("192.0.2.7", 40_000)),
        (b"PROXY TCP6 2001:db8::7 ::1 40000 25\r\n", ("2001:db8::7", 40_000)),
        (b"PROXY UNKNOWN\r\n", ("", 0)),
        (b"PROXY UNKNOWN ffff::1 ffff::2 1 2\r\n", ("", 0)),
        (binary(V4), ("192.0.2.7", 40_000)),
        (binary(V4 + b"\x04\x00\x01\x00"), ("192.0.2.7", 40_000)),
        (binary(V6, family=0x21), ("2001:db8::7", 40_000)),
        (binary(b"", version=0x20, family=0), ("", 0)),
    ],
)
def test_a_header_says_who_connects(octets: bytes, said: tuple[str, int]) -> None:
    assert read_proxy_header(octets + b"EHLO x\r\n") == Proxied(len(octets), *said)


@pytest.mark.parametrize("octets", [b"PROXY TCP4 192.0.2.7 127.0.0.1 40000 25\r\n", binary(V4)])
def test_a_header_may_come_in_any_pieces(octets: bytes) -> None:
    assert all(read_proxy_header(octets[:cut]) is None for cut in range(len(octets)))
    assert read_proxy_header(octets) is not None


@pytest.mark.parametrize(
    "octets",
    [
        b"EHLO x\r\n",
        b"PROXY TCP4 192.0.2.7 127.0.0.1 40000\r\n",
        b"PROXY TCP4 2001:db8::7 ::1 1 2\r\n",
        b"PROXY TCP4 192.0.2.7 127.0.0.1 99999 25\r\n",
        b"PROXY TCP4 192.0.2.999 127.0.0.1 1 25\r\n",
        b"PROXY TCP4 192.0.2.7\n 127.0.0.1 1 25\r\n",
        b"PROXY " + b"x" * 200,
        binary(V4, version=0x11),
        binary(V4, version=0x22),
        binary(V4, family=0x12),
        binary(V4, family=0x31),
        binary(V4[:8]),
        binary(bytes(LONGEST_BINARY)),
    ],
)
def test_what_is_no_header_is_refused(octets: bytes) -> None:
    with pytest.raises(BadHeader):
        read_proxy_header(octets)


@given(st.binary(max_size=300))
def test_any_octets_are_read_or_refused(octets: bytes) -> None:
    for begin in (b"", b"PROXY TCP4 ", SIGNATURE):
        try:
            said = read_proxy_header(begin + octets)
        except BadHeader:
            continue
        assert said is None or 0 < said.length <= len(begin + octets)


@pytest.mark.parametrize("network", ["192.0.2.1/24", "balancer.example", ""])
def test_a_balancer_that_is_no_network_is_refused_at_the_start(network: str) -> None:
    with pytest.raises(ValidationError):
        EdgeSettings(balancers=(network,))

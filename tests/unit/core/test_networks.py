"""The narrowest network around an address answers, as asking each network would find it."""

from __future__ import annotations

import ipaddress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lazaretto.core.networks import NetworkIndex, network_holding

V4 = st.builds(
    lambda number, prefix: str(ipaddress.ip_network((number << 16 & 0xFFFFFFFF, prefix), strict=False)),
    st.integers(0, 0xFFFF),
    st.sampled_from([0, 4, 8, 15, 16, 24, 32]),
)
V6 = st.builds(
    lambda number, prefix: str(ipaddress.ip_network((number << 112, prefix), strict=False)),
    st.integers(0, 0xFFFF),
    st.sampled_from([0, 8, 16, 64, 128]),
)
ADDRESSES = st.ip_addresses().map(str) | st.integers(0, 0xFFFF).map(
    lambda n: str(ipaddress.ip_address(n << 16))
)


@given(st.lists(V4 | V6, max_size=8), ADDRESSES)
def test_it_answers_as_asking_each_network_would(networks: list[str], ip: str) -> None:
    address = ipaddress.ip_address(ip)
    if isinstance(address, ipaddress.IPv6Address) and address.ipv4_mapped:
        address = address.ipv4_mapped
    holding = [text for text in networks if address in ipaddress.ip_network(text)]
    narrowest = max(holding, key=lambda text: ipaddress.ip_network(text).prefixlen, default="")

    assert network_holding(tuple(networks), ip) == narrowest
    around = NetworkIndex((text, text) for text in networks).around(ip)
    assert [ipaddress.ip_network(each) for each in around] == sorted(
        {ipaddress.ip_network(each) for each in holding}, key=lambda each: -each.prefixlen
    )


def test_an_entry_may_be_anything() -> None:
    assert NetworkIndex([("192.0.2.0/24", 7)]).holding("192.0.2.1") == 7
    assert NetworkIndex([("192.0.2.0/24", 7)]).holding("::ffff:192.0.2.1") == 7


@pytest.mark.parametrize("text", ["", "x", "1.2.3", "192.0.2.1/24"])
def test_what_is_no_address_is_an_error(text: str) -> None:
    with pytest.raises(ValueError, match="address"):
        network_holding(("192.0.2.0/24",), text)

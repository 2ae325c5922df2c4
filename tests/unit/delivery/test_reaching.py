"""What tenants may have us connect to: public addresses, and what the operator allows, in any spelling."""

from __future__ import annotations

from ipaddress import ip_address

import pytest

from lazaretto.delivery.reaching import Forbidden, checked_address, is_reachable


@pytest.mark.parametrize(
    ("address", "reachable"),
    [
        pytest.param("9.9.9.9", True, id="public"),
        pytest.param("2620:fe::fe", True, id="public IPv6"),
        pytest.param("127.0.0.1", False, id="this machine"),
        pytest.param("10.0.0.1", False, id="private"),
        pytest.param("169.254.169.254", False, id="a cloud's own service"),
        pytest.param("100.64.0.1", False, id="shared by carriers"),
        pytest.param("224.0.0.1", False, id="many at once"),
        pytest.param("fd00::1", False, id="private IPv6"),
        pytest.param("::1", False, id="this machine in IPv6"),
        pytest.param("::ffff:10.0.0.1", False, id="private in IPv6 clothes"),
        pytest.param("64:ff9b::10.0.0.1", False, id="private behind a translating gateway"),
        pytest.param("64:ff9b::9.9.9.9", True, id="public behind a translating gateway"),
        pytest.param("2002:a00:1::1", False, id="private behind a 6to4 relay"),
    ],
)
def test_only_public_addresses_are_reached(address: str, reachable: bool) -> None:
    assert is_reachable(ip_address(address), ()) is reachable


def test_a_network_that_the_operator_allows_is_reached_in_any_spelling() -> None:
    allowed = ("10.1.0.0/16",)

    assert is_reachable(ip_address("10.1.2.3"), allowed)
    assert is_reachable(ip_address("::ffff:10.1.2.3"), allowed)
    assert not is_reachable(ip_address("10.2.0.1"), allowed)


async def test_a_name_of_this_machine_is_refused_before_anything_connects() -> None:
    with pytest.raises(Forbidden, match="no public address"):
        await checked_address("localhost", 443)


async def test_what_was_checked_is_what_is_connected_to() -> None:
    assert await checked_address("127.0.0.1", 443, ("127.0.0.0/8",)) == "127.0.0.1"

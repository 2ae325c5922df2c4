"""The default knows the networks that large providers publish for the mail of all their customers."""

from __future__ import annotations

import ipaddress

import pytest

from lazaretto.core.networks import NetworkIndex
from lazaretto.edge.gates.sender import is_within
from lazaretto.edge.settings import EdgeSettings

# As quoted from their SPF records and in the MISP warning lists of August 2026.
MICROSOFT = (
    "40.92.0.0/15 40.107.0.0/16 52.100.0.0/15 52.102.0.0/16 52.103.0.0/17 104.47.0.0/17 2a01:111:f400::/48"
    " 2a01:111:f403::/49 2a01:111:f403:8000::/51 2a01:111:f403:c000::/51 2a01:111:f403:f000::/52"
)
GOOGLE = (
    "209.85.128.0/17 74.125.0.0/16 2001:4860:4864::/56 2404:6800:4864::/56 2607:f8b0:4864::/56"
    " 2800:3f0:4864::/56 2a00:1450:4864::/56 2c0f:fb50:4864::/56 35.190.247.0/24 172.253.112.0/20"
)


@pytest.fixture(scope="module")
def shared() -> NetworkIndex[str]:
    return NetworkIndex((network, network) for network in EdgeSettings().shared_networks)


@pytest.mark.parametrize("network", [*MICROSOFT.split(), *GOOGLE.split()])
def test_a_published_network_is_shared_from_its_first_to_its_last_address(
    network: str, shared: NetworkIndex[str]
) -> None:
    published = ipaddress.ip_network(network)

    assert is_within(str(published[0]), shared)
    assert is_within(str(published[-1]), shared)


@pytest.mark.parametrize("ip", ["192.0.2.1", "40.91.255.255", "52.104.0.1", "20.20.32.1", "2001:db8::1"])
def test_addresses_of_others_are_not_shared(ip: str, shared: NetworkIndex[str]) -> None:
    assert not is_within(ip, shared)

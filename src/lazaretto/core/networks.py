"""Which of many networks holds an address, without asking each of them."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Iterable
from typing import Final, Generic, TypeVar

Entry = TypeVar("Entry")
MAX_INDEXES: Final = 4_096


class NetworkIndex(Generic[Entry]):
    """Networks with what they stand for; the narrowest one that holds an address answers."""

    def __init__(self, entries: Iterable[tuple[str, Entry]]) -> None:
        self._by_prefix: dict[tuple[int, int], dict[int, Entry]] = {}
        for text, entry in entries:
            network = ipaddress.ip_network(text)
            shift = network.max_prefixlen - network.prefixlen
            known = self._by_prefix.setdefault((network.version, shift), {})
            known[int(network.network_address) >> shift] = entry
        self._order = sorted(self._by_prefix)

    def holding(self, ip: str) -> Entry | None:
        """Return what the narrowest network around ``ip`` stands for; None when there is none.

        Raises ``ValueError`` when ``ip`` is no IP address.  An IPv4 address in IPv6 clothes
        (``::ffff:192.0.2.1``) is the IPv4 address.
        """
        address = ipaddress.ip_address(ip)
        if address.version == 6 and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        number, version = int(address), address.version
        for key in self._order:
            if key[0] == version and (entry := self._by_prefix[key].get(number >> key[1])) is not None:
                return entry
        return None


def network_holding(networks: tuple[str, ...], ip: str) -> str:
    """Return the narrowest of ``networks`` that holds ``ip``; empty when none does."""
    return _index_of(networks).holding(ip) or ""


# By identity, as hashing a list of 100,000 texts costs more than the look-up; the tuple is kept
# beside its index, so that its identity cannot pass to another one.
_INDEXES: Final[OrderedDict[int, tuple[tuple[str, ...], NetworkIndex[str]]]] = OrderedDict()


def _index_of(networks: tuple[str, ...]) -> NetworkIndex[str]:
    known = _INDEXES.get(id(networks))
    if known is not None:
        return known[1]
    index = NetworkIndex((network, network) for network in networks)
    _INDEXES[id(networks)] = (networks, index)
    while len(_INDEXES) > MAX_INDEXES:
        _INDEXES.popitem(last=False)
    return index

"""Which of many networks holds an address, without asking each of them."""

from __future__ import annotations

import ipaddress
from collections import OrderedDict
from collections.abc import Iterable, Iterator
from typing import Final, Generic, TypeVar

Entry = TypeVar("Entry")
MAX_INDEXED: Final = 400_000


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

        Raises ``ValueError`` when ``ip`` is no IP address.
        """
        return next(self.around(ip), None)

    def around(self, ip: str) -> Iterator[Entry]:
        """Yield what each network around ``ip`` stands for, the narrowest first; raises as ``holding`` does.

        An IPv4 address in IPv6 clothes (``::ffff:192.0.2.1``) is the IPv4 address.
        """
        address = ipaddress.ip_address(ip)
        if address.version == 6 and address.ipv4_mapped is not None:
            address = address.ipv4_mapped
        number, version = int(address), address.version
        for key in self._order:
            if key[0] == version and (entry := self._by_prefix[key].get(number >> key[1])) is not None:
                yield entry


def network_holding(networks: tuple[str, ...], ip: str) -> str:
    """Return the narrowest of ``networks`` that holds ``ip``; empty when none does."""
    return _INDEXES.of(networks).holding(ip) or ""


class _Indexes:
    """Indexes of the tuples that were asked for lately, at most ``MAX_INDEXED`` networks in all.

    By identity, as hashing a list of 100,000 texts costs more than the look-up; the tuple is kept
    beside its index, so that its identity cannot pass to another one.
    """

    def __init__(self) -> None:
        self._known: OrderedDict[int, tuple[tuple[str, ...], NetworkIndex[str]]] = OrderedDict()
        self._indexed = 0

    def of(self, networks: tuple[str, ...]) -> NetworkIndex[str]:
        known = self._known.get(id(networks))
        if known is not None:
            self._known.move_to_end(id(networks))
            return known[1]
        index = NetworkIndex((network, network) for network in networks)
        self._known[id(networks)] = (networks, index)
        self._indexed += len(networks)
        while self._indexed > MAX_INDEXED and len(self._known) > 1:
            _, (forgotten, _) = self._known.popitem(last=False)
            self._indexed -= len(forgotten)
        return index


_INDEXES: Final = _Indexes()

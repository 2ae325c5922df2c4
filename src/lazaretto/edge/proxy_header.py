"""For whom a balancer connects: the PROXY protocol, versions 1 and 2.

The header is believed on a port of its own and from listed balancers only; a stranger who could
send it would choose its own address.
"""

from __future__ import annotations

import ipaddress
import re
from dataclasses import dataclass
from typing import Final

LONGEST_TEXT: Final = 107
"""Octets of a version 1 header with its CR LF."""
LONGEST_BINARY: Final = 4_096
"""Octets of a version 2 header that we read, additions included; 65,551 are possible, none is sane."""
_SIGNATURE: Final = b"\r\n\r\n\0\r\nQUIT\n"
_FIXED: Final = 16
_TEXT: Final = re.compile(rb"PROXY (TCP4|TCP6) (\S{2,45}) (\S{2,45}) (\d{1,5}) (\d{1,5})")
_ADDRESS_OCTETS: Final = {0x11: 4, 0x21: 16}


class BadHeader(Exception):
    """What came is no header, or one that names nobody."""


@dataclass(frozen=True, slots=True)
class Proxied:
    """Who connects, and how many octets the header had; no address = the balancer itself."""

    length: int
    ip: str = ""
    port: int = 0


def read_proxy_header(octets: bytes) -> Proxied | None:
    """Return what the header at the start of ``octets`` says; None while more octets are needed.

    Raises ``BadHeader``.
    """
    if octets[: len(_SIGNATURE)] == _SIGNATURE[: len(octets)]:
        return _binary(octets)
    if octets[:6] != b"PROXY "[: len(octets)]:
        raise BadHeader("no header")
    return _text(octets)


def _text(octets: bytes) -> Proxied | None:
    end = octets.find(b"\r\n", 0, LONGEST_TEXT)
    if end < 0:
        if len(octets) >= LONGEST_TEXT:
            raise BadHeader("header too long")
        return None
    if octets[:13] == b"PROXY UNKNOWN":
        return Proxied(end + 2)
    found = _TEXT.fullmatch(octets[:end])
    if found is None:
        raise BadHeader("malformed header")
    return Proxied(end + 2, _address(found[2], found[1]), _port(found[4]))


def _address(text: bytes, family: bytes) -> str:
    try:
        address = ipaddress.ip_address(text.decode("ascii"))
    except ValueError as failure:
        raise BadHeader("malformed address") from failure
    if address.version != int(family[3:]):
        raise BadHeader("address of another family")
    return str(address)


def _port(text: bytes) -> int:
    port = int(text)
    if port > 65_535:
        raise BadHeader("no such port")
    return port


def _binary(octets: bytes) -> Proxied | None:
    if len(octets) < _FIXED:
        return None
    version, command = octets[12] >> 4, octets[12] & 15
    length = _FIXED + int.from_bytes(octets[14:16], "big")
    if version != 2 or command > 1 or length > LONGEST_BINARY:
        raise BadHeader("malformed header")
    if len(octets) < length:
        return None
    if command == 0:
        # The balancer's own health check.
        return Proxied(length)
    size = _ADDRESS_OCTETS.get(octets[13])
    if size is None or length < _FIXED + 2 * size + 4:
        raise BadHeader("no address of TCP")
    ip = str(ipaddress.ip_address(octets[_FIXED : _FIXED + size]))
    port = int.from_bytes(octets[_FIXED + 2 * size :][:2], "big")
    return Proxied(length, ip, port)

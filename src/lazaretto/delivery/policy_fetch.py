"""Fetching a domain's MTA-STS policy over HTTPS (RFC 8461 §3.3): one small text, under every bound.

The address is a stranger's choice, so nothing is followed: no redirect, no network in which no mail
host may be, no more octets than a policy may have, and no longer than the time for all of it.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable
from typing import Final

from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.facts import Resolver
from lazaretto.delivery.failures import TlsFailure
from lazaretto.delivery.https import MOST_HEAD, Https, HttpsFailed, status_of
from lazaretto.protocol.dns_names import question_name
from lazaretto.protocol.mta_sts import MOST_OCTETS

PATH: Final = "/.well-known/mta-sts.txt"

_CHUNK = re.compile(rb"([0-9A-Fa-f]{1,8})(?:;[^\r\n]*)?\r\n")


class FetchFailed(TemporaryFailure):
    """There is no policy to be had now; ``kind`` is the word of a report for it."""

    def __init__(self, problem: str, kind: TlsFailure = TlsFailure.STS_FETCH) -> None:
        super().__init__(problem)
        self.kind = kind


class PolicyFetcher:
    """Fetches policies."""

    def __init__(
        self,
        resolver: Resolver,
        may_call: Callable[[str], bool],
        *,
        seconds: float = 30.0,
        port: int = 443,
        ca_file: str = "",
    ) -> None:
        self._https = Https(resolver, may_call, ca_file=ca_file)
        self._seconds = seconds
        self._port = port

    async def fetch(self, domain: str) -> bytes:
        """Return the text of ``domain``'s policy; raise ``FetchFailed``."""
        host = question_name(f"mta-sts.{domain}")
        if host is None:
            raise FetchFailed("the domain cannot have a host for its policy")
        try:
            async with asyncio.timeout(self._seconds):
                return await self._https.exchange(host, self._port, _request(host), _policy_in)
        except TimeoutError as failure:
            raise FetchFailed("the policy's host is too slow") from failure
        except HttpsFailed as failure:
            kind = TlsFailure.STS_WEBPKI if failure.is_certificate else TlsFailure.STS_FETCH
            raise FetchFailed(f"the policy's host: {failure}", kind) from failure


async def _policy_in(head: bytes, reader: asyncio.StreamReader) -> bytes:
    return await _body(reader, _fields(head))


def _request(host: str) -> bytes:
    lines = (f"GET {PATH} HTTP/1.1", f"Host: {host}", "Accept: text/plain", "Connection: close", "", "")
    return "\r\n".join(lines).encode("ascii")


def _fields(head: bytes) -> dict[bytes, bytes]:
    """Return the header fields of an answer with a policy; raise ``FetchFailed`` for any other answer."""
    status = status_of(head)
    if status != 200:
        raise FetchFailed(f"the policy's host answers {status}")
    lines = head.split(b"\r\n")[1:]
    split = (line.partition(b":") for line in lines)
    fields = {name.lower(): value.strip(b" \t") for name, colon, value in split if colon}
    if fields.get(b"content-type", b"").partition(b";")[0].strip(b" \t").lower() != b"text/plain":
        raise FetchFailed("the policy is not text/plain", TlsFailure.STS_INVALID)
    return fields


async def _body(reader: asyncio.StreamReader, fields: dict[bytes, bytes]) -> bytes:
    if fields.get(b"transfer-encoding", b"").lower() == b"chunked":
        return await _chunks(reader)
    length = fields.get(b"content-length")
    if length is None:
        return await _to_the_end(reader)
    if not length.isdigit() or len(length) > 10:
        raise FetchFailed("the policy's host does not answer in HTTP")
    return await reader.readexactly(_within_bounds(int(length)))


async def _chunks(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while True:
        size = _CHUNK.fullmatch(await reader.readuntil(b"\r\n"))
        if size is None:
            raise FetchFailed("the policy's host does not answer in HTTP")
        octets = int(size[1], 16)
        if octets == 0:
            return body
        _within_bounds(len(body) + octets)
        body += (await reader.readexactly(octets + 2))[:-2]


async def _to_the_end(reader: asyncio.StreamReader) -> bytes:
    body = b""
    while block := await reader.read(MOST_HEAD):
        body += block
        _within_bounds(len(body))
    return body


def _within_bounds(octets: int) -> int:
    if octets > MOST_OCTETS:
        raise FetchFailed("the policy is too long", TlsFailure.STS_INVALID)
    return octets

"""Fetching a domain's MTA-STS policy over HTTPS (RFC 8461 §3.3): one small text, under every bound.

The address is a stranger's choice, so nothing is followed: no redirect, no network in which no mail
host may be, no more octets than a policy may have, and no longer than the time for all of it.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Callable
from typing import Final

from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.facts import Resolver
from lazaretto.delivery.failures import TlsFailure
from lazaretto.protocol.dns_names import question_name
from lazaretto.protocol.mta_sts import MOST_OCTETS
from lazaretto.protocol.problems import in_words

PATH: Final = "/.well-known/mta-sts.txt"
MOST_HEAD: Final = 16 * 1024
MOST_ADDRESSES: Final = 3

_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: [^\r\n]*)?")
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
        self._resolver = resolver
        self._may_call = may_call
        self._seconds = seconds
        self._port = port
        self._context = ssl.create_default_context(cafile=ca_file or None)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2

    async def fetch(self, domain: str) -> bytes:
        """Return the text of ``domain``'s policy; raise ``FetchFailed``."""
        host = question_name(f"mta-sts.{domain}")
        if host is None:
            raise FetchFailed("the domain cannot have a host for its policy")
        try:
            async with asyncio.timeout(self._seconds):
                return await self._get(host, await self._addresses(host))
        except TimeoutError as failure:
            raise FetchFailed("the policy's host is too slow") from failure

    async def _addresses(self, host: str) -> list[str]:
        answers = await asyncio.gather(*(self._resolver.ask(host, kind) for kind in ("A", "AAAA")))
        found = [ip for answer in answers for ip in answer.records if self._may_call(ip)]
        if not found:
            raise FetchFailed("the policy's host has no usable address")
        return found[:MOST_ADDRESSES]

    async def _get(self, host: str, addresses: list[str]) -> bytes:
        problem = FetchFailed("the policy's host was not called")
        for ip in addresses:
            try:
                return await self._get_at(host, ip)
            except ssl.SSLCertVerificationError as failure:
                problem = FetchFailed(f"the policy's host: {in_words(failure)}", TlsFailure.STS_WEBPKI)
            except OSError as failure:
                problem = FetchFailed(f"the policy's host: {in_words(failure)}")
        raise problem

    async def _get_at(self, host: str, ip: str) -> bytes:
        reader, writer = await asyncio.open_connection(
            ip, self._port, ssl=self._context, server_hostname=host, limit=MOST_HEAD
        )
        try:
            writer.write(_request(host))
            head = await reader.readuntil(b"\r\n\r\n")
            return await _body(reader, _fields(head))
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as failure:
            raise FetchFailed("the policy's host does not answer in HTTP") from failure
        finally:
            writer.transport.abort()


def _request(host: str) -> bytes:
    lines = (f"GET {PATH} HTTP/1.1", f"Host: {host}", "Accept: text/plain", "Connection: close", "", "")
    return "\r\n".join(lines).encode("ascii")


def _fields(head: bytes) -> dict[bytes, bytes]:
    """Return the header fields of an answer with a policy; raise ``FetchFailed`` for any other answer."""
    first, *lines = head.split(b"\r\n")
    status = _STATUS.fullmatch(first)
    if status is None:
        raise FetchFailed("the policy's host does not answer in HTTP")
    if status[1] != b"200":
        raise FetchFailed(f"the policy's host answers {status[1].decode('ascii')}")
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

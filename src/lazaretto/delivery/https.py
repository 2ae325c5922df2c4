"""Calling a stranger's HTTPS server: one request, one answer, nothing followed.

The address is the stranger's choice: its certificate must be valid for its name, and it must not lie
in a network in which nobody is called whom a stranger names.
"""

from __future__ import annotations

import asyncio
import re
import ssl
from collections.abc import Awaitable, Callable
from typing import Final, TypeVar

from lazaretto.core.errors import TemporaryFailure
from lazaretto.core.facts import Resolver
from lazaretto.protocol.problems import in_words

MOST_HEAD: Final = 16 * 1024
MOST_ADDRESSES: Final = 3

_STATUS = re.compile(rb"HTTP/1\.[01] ([0-9]{3})(?: [^\r\n]*)?")

T = TypeVar("T")


class HttpsFailed(TemporaryFailure):
    """No answer was to be had; ``is_certificate`` where the server is not who it should be."""

    def __init__(self, problem: str, *, is_certificate: bool = False) -> None:
        super().__init__(problem)
        self.is_certificate = is_certificate


class Https:
    """Calls servers."""

    def __init__(self, resolver: Resolver, may_call: Callable[[str], bool], *, ca_file: str = "") -> None:
        self._resolver = resolver
        self._may_call = may_call
        self._context = ssl.create_default_context(cafile=ca_file or None)
        self._context.minimum_version = ssl.TLSVersion.TLSv1_2

    async def exchange(
        self,
        host: str,
        port: int,
        request: bytes,
        read: Callable[[bytes, asyncio.StreamReader], Awaitable[T]],
    ) -> T:
        """Send ``request`` to ``host``; return what ``read`` makes of the answer's head and the rest.

        Raises ``HttpsFailed``, and what ``read`` raises.  Has no limit of time of its own.
        """
        problem = HttpsFailed("was not called")
        for ip in await self._addresses(host):
            try:
                return await self._exchange_at(ip, host, port, request, read)
            except ssl.SSLCertVerificationError as failure:
                problem = HttpsFailed(in_words(failure), is_certificate=True)
            except OSError as failure:
                problem = HttpsFailed(in_words(failure))
        raise problem

    async def _addresses(self, host: str) -> list[str]:
        answers = await asyncio.gather(*(self._resolver.ask(host, kind) for kind in ("A", "AAAA")))
        found = [ip for answer in answers for ip in answer.records if self._may_call(ip)]
        if not found:
            raise HttpsFailed("no usable address")
        return found[:MOST_ADDRESSES]

    async def _exchange_at(
        self,
        ip: str,
        host: str,
        port: int,
        request: bytes,
        read: Callable[[bytes, asyncio.StreamReader], Awaitable[T]],
    ) -> T:
        reader, writer = await asyncio.open_connection(
            ip, port, ssl=self._context, server_hostname=host, limit=MOST_HEAD
        )
        try:
            writer.write(request)
            return await read(await reader.readuntil(b"\r\n\r\n"), reader)
        except (asyncio.IncompleteReadError, asyncio.LimitOverrunError) as failure:
            raise HttpsFailed("it does not answer in HTTP") from failure
        finally:
            writer.transport.abort()


def status_of(head: bytes) -> int:
    """Return the status of an answer; raise ``HttpsFailed`` where it is none."""
    status = _STATUS.fullmatch(head.partition(b"\r\n")[0])
    if status is None:
        raise HttpsFailed("it does not answer in HTTP")
    return int(status[1])

"""A TLS report handed over by HTTPS (RFC 8460 §5.4): one POST, no redirect followed."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Final
from urllib.parse import urlsplit

from lazaretto.core.facts import Resolver
from lazaretto.delivery.https import Https, HttpsFailed, status_of
from lazaretto.protocol.dns_names import question_name

_TYPE: Final = "application/tlsrpt+gzip"


class ReportPost:
    """Posts reports."""

    def __init__(
        self,
        resolver: Resolver,
        may_call: Callable[[str], bool],
        *,
        seconds: float = 30.0,
        port: int = 443,
        ca_file: str = "",
    ) -> None:
        """``port`` is called where the address names none."""
        self._https = Https(resolver, may_call, ca_file=ca_file)
        self._seconds = seconds
        self._port = port

    async def post(self, url: str, body: bytes) -> None:
        """Hand ``body`` over to ``url``; raise ``HttpsFailed`` unless the server took it."""
        parts = urlsplit(url)
        host = question_name(parts.hostname or "")
        if host is None:
            raise HttpsFailed("the address has no usable host")
        path = parts.path or "/"
        target = f"{path}?{parts.query}" if parts.query else path
        lines = (
            f"POST {target} HTTP/1.1",
            f"Host: {host}",
            f"Content-Type: {_TYPE}",
            f"Content-Length: {len(body)}",
            "Connection: close",
            "",
            "",
        )
        request = "\r\n".join(lines).encode("ascii") + body
        try:
            async with asyncio.timeout(self._seconds):
                status = await self._https.exchange(host, parts.port or self._port, request, _status)
        except TimeoutError as failure:
            raise HttpsFailed("it is too slow") from failure
        if status // 100 != 2:
            raise HttpsFailed(f"it answers {status}")


async def _status(head: bytes, _reader: asyncio.StreamReader) -> int:
    return status_of(head)

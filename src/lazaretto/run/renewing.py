"""The edge's certificate while it runs: a replaced one is used from the next handshake on."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from lazaretto.core.errors import ConfigurationError
from lazaretto.run.certificate import connector_context, server_context

log = structlog.get_logger(__name__)

LOOK_EVERY: Final = 10.0

Stamp = tuple[tuple[int, int], ...]
UseTls = Callable[[ssl.SSLContext, ssl.SSLContext], None]


class CertificateWatch:
    """Makes the edge's contexts, and makes them again when the files change."""

    def __init__(self, certificate: Path, key: Path, authorities: str) -> None:
        self._certificate = certificate
        self._key = key
        self._authorities = authorities
        self._seen: Stamp = ()

    def contexts(self) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        """Return new contexts for the public and the connectors' port; raises ``ConfigurationError``."""
        self._seen = self._stamp()
        return (
            server_context(self._certificate, self._key),
            connector_context(self._certificate, self._key, self._authorities),
        )

    def look(self, use: UseTls) -> bool:
        """Put changed files in force and tell whether there were any.

        Files that do not fit together stay unused: certificate and key are replaced one by one.
        """
        if self._stamp() == self._seen:
            return False
        try:
            use(*self.contexts())
        except ConfigurationError as failure:
            log.warning("the certificate is not usable, the one of before stays", problem=str(failure))
            return False
        log.info("certificate replaced")
        return True

    async def follow(self, use: UseTls) -> None:
        """Look again and again, until cancelled."""
        while True:
            await asyncio.sleep(LOOK_EVERY)
            self.look(use)

    def _stamp(self) -> Stamp:
        return tuple(_stamp_of(path) for path in (self._certificate, self._key))


def _stamp_of(path: Path) -> tuple[int, int]:
    try:
        told = path.stat()
    except OSError:
        return (0, 0)
    return (told.st_mtime_ns, told.st_size)

"""The edge's certificates while it runs: one that is new or replaced is used from the next handshake on."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Final

import structlog

from lazaretto.core.errors import ConfigurationError
from lazaretto.run.certificate import answering_by_name, connector_context, names_in, server_context

log = structlog.get_logger(__name__)

LOOK_EVERY: Final = 10.0

Stamp = tuple[tuple[str, int, int], ...]
UseTls = Callable[[ssl.SSLContext, ssl.SSLContext], None]


class CertificateWatch:
    """Makes the edge's contexts, and makes them again when the files change."""

    def __init__(self, certificate: Path, key: Path, authorities: str, names: Path | None = None) -> None:
        """``names`` is a folder of further certificates, for clients that ask for one of their names."""
        self._certificate = certificate
        self._key = key
        self._authorities = authorities
        self._names = names
        self._seen: Stamp = ()

    def contexts(self) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        """Return new contexts for the public and the connectors' port; raises ``ConfigurationError``."""
        self._seen = self._stamp()
        public: dict[str, ssl.SSLContext] = {}
        connector: dict[str, ssl.SSLContext] = {}
        for certificate, key in self._further():
            of_public, of_connector = self._pair(certificate, key)
            for name in names_in(certificate):
                public[name], connector[name] = of_public, of_connector
        own_public, own_connector = self._pair(self._certificate, self._key)
        return answering_by_name(own_public, public), answering_by_name(own_connector, connector)

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

    def _pair(self, certificate: Path, key: Path) -> tuple[ssl.SSLContext, ssl.SSLContext]:
        return (
            server_context(certificate, key),
            connector_context(certificate, key, self._authorities),
        )

    def _further(self) -> list[tuple[Path, Path]]:
        if self._names is None:
            return []
        return [(path, path.with_suffix(".key")) for path in sorted(self._names.glob("*.crt"))]

    def _stamp(self) -> Stamp:
        files = [self._certificate, self._key, *(path for pair in self._further() for path in pair)]
        return tuple((str(path), *_stamp_of(path)) for path in files)


def _stamp_of(path: Path) -> tuple[int, int]:
    try:
        told = path.stat()
    except OSError:
        return (0, 0)
    return (told.st_mtime_ns, told.st_size)

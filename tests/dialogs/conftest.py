"""What every conversation needs: the production event loop and a certificate."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Callable
from pathlib import Path

import pytest
import uvloop

from lazaretto.run.certificate import ensure_certificate, server_context


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    """Tests here run on the loop that the edge runs on."""
    return {"uvloop": uvloop.new_event_loop}


@pytest.fixture(scope="session")
def tls(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server context with a certificate of our own."""
    folder: Path = tmp_path_factory.mktemp("tls")
    ensure_certificate(folder / "cert.pem", folder / "key.pem", "mx.lazaretto.example")
    return server_context(folder / "cert.pem", folder / "key.pem")

"""The role ``web``: pages and the API, in worker processes of their own."""

from __future__ import annotations

import socket
import threading
import time
from typing import Final

import structlog
from granian.constants import Interfaces
from granian.server import Server

from lazaretto.core.errors import ConfigurationError
from lazaretto.detect.registry import symbols
from lazaretto.run.children import tell_ready
from lazaretto.run.home import Home
from lazaretto.run.options import RunOptions, host_and_port
from lazaretto.run.settings import Settings
from lazaretto.run.storeroom import store_settings
from lazaretto.store.opening import bring_up_to_date, open_store

log = structlog.get_logger(__name__)

_BACKLOG: Final = 1_024
_LOOK_EVERY: Final = 0.05


def run_web(home: Home, settings: Settings, options: RunOptions) -> None:
    """Answer requests until told to stop."""
    address = options.http or settings.listen.http
    if not address:
        raise ConfigurationError(
            "the role web needs an address: --http HOST:PORT, or listen.http in the settings"
        )
    host, port = host_and_port(address)
    _check_free(host, port)
    open_store(store_settings(home, settings, options.http, options.dns_file))
    bring_up_to_date()
    # Pages tell reasons in words, and that imports every detector.  It is done before there are threads and
    # forks: whoever is forked while a module is being imported waits for that module for ever.
    symbols()
    server = Server(
        "lazaretto.web.wsgi:application",
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=settings.web.processes,
        blocking_threads=settings.web.threads,
        backlog=_BACKLOG,
        log_access=False,
        websockets=False,
        respawn_failed_workers=True,
    )
    threading.Thread(target=_tell_when_it_answers, args=(host, port), daemon=True).start()
    server.serve()


def _check_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as failure:
            raise ConfigurationError(
                f"cannot listen at {host}:{port}: {failure.strerror}; choose another address with --http"
            ) from failure


def _tell_when_it_answers(host: str, port: int) -> None:
    while True:
        try:
            with socket.create_connection((host, port), timeout=1):
                break
        except OSError:
            time.sleep(_LOOK_EVERY)
    tell_ready()

"""Ports on loopback for servers that tests start: one that nobody uses, and the wait until it is used."""

from __future__ import annotations

import random
import socket
import time
from typing import Final

PATIENCE: Final = 120.0


def free_port() -> int:
    """Return a port that nobody listens at, most likely also when it is used a moment from now.

    It lies below the range from which the system takes ports by itself, where a client's port may be
    in the way, and it is drawn, so that tests that run side by side do not draw the same.
    """
    while True:
        port = random.randrange(20_000, 32_000)  # noqa: S311 - not a secret
        with socket.socket() as probe:
            try:
                probe.bind(("127.0.0.1", port))
            except OSError:
                continue
            return port


def free_ports(count: int) -> list[int]:
    """Return ``count`` different ones."""
    ports: set[int] = set()
    while len(ports) < count:
        ports.add(free_port())
    return list(ports)


def await_port(port: int) -> None:
    """Return when something listens at ``port``."""
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)) == 0:
                return
        time.sleep(0.05)
    raise RuntimeError(f"nothing listens at port {port} after {PATIENCE:.0f} s")

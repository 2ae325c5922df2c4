"""Under which name this machine speaks, and whom it asks for the names of others."""

from __future__ import annotations

import socket
from pathlib import Path

from lazaretto.core.facts import Resolver
from lazaretto.protocol.dns import SystemResolver
from lazaretto.protocol.dnsfile import FileResolver
from lazaretto.run.options import RunOptions
from lazaretto.run.settings import Settings


def host_name(settings: Settings) -> str:
    """Return the name for greetings, EHLO and Received fields."""
    return settings.listen.host_name or socket.gethostname() or "localhost"


def resolver_of(settings: Settings, options: RunOptions) -> Resolver:
    """Return the DNS of this process: a file's answers if one was given, else a real resolver."""
    if options.dns_file:
        return FileResolver(Path(options.dns_file))
    return SystemResolver(settings.dns)

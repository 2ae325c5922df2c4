"""What the command line says to every process beyond the settings file."""

from __future__ import annotations

from dataclasses import dataclass

from lazaretto.core.errors import ConfigurationError
from lazaretto.run.home import Home


@dataclass(frozen=True, slots=True, kw_only=True)
class RunOptions:
    """What the command line says beyond the settings file."""

    smtp: str = ""
    http: str = ""
    dns_file: str = ""

    def __post_init__(self) -> None:
        """Raise ``ConfigurationError`` for an address that is none, before anything is started."""
        for address in filter(None, (self.smtp, self.http)):
            host_and_port(address)

    def arguments(self, home: Home) -> tuple[str, ...]:
        """Return them as arguments of ``lazaretto serve``."""
        given = (("--smtp", self.smtp), ("--http", self.http), ("--dns", self.dns_file))
        pairs = [part for name, value in given if value for part in (name, value)]
        return ("--home", str(home.folder), *pairs)


def host_and_port(text: str) -> tuple[str, int]:
    """Return what ``HOST:PORT`` says; an IPv6 address stands in brackets.

    Raises ``ConfigurationError`` for anything else.
    """
    host, colon, port = text.rpartition(":")
    if not colon or not (port.isascii() and port.isdigit()) or not 0 < int(port) < 65_536 or not host:
        raise ConfigurationError(f"{text!r} is not HOST:PORT, such as 127.0.0.1:2525")
    return host.removeprefix("[").removesuffix("]"), int(port)

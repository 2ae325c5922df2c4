"""What a server offers in its answer to EHLO (RFC 5321 §4.1.1.1), as far as we make use of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum

from lazaretto.protocol.smtp_reply import WireReply


class Extension(Enum):
    """A service extension."""

    PIPELINING = "PIPELINING"
    SIZE = "SIZE"
    EIGHT_BIT = "8BITMIME"
    SMTPUTF8 = "SMTPUTF8"
    DSN = "DSN"
    STARTTLS = "STARTTLS"


@dataclass(frozen=True, slots=True)
class Offers:
    """The extensions of one server, with their parameters."""

    parameters: Mapping[Extension, str]

    def has(self, extension: Extension) -> bool:
        """Tell whether ``extension`` is offered."""
        return extension in self.parameters

    @property
    def size_limit(self) -> int:
        """The most octets of a message (RFC 1870); 0 when the server names no limit."""
        limit = self.parameters.get(Extension.SIZE, "")
        return int(limit) if limit.isdigit() and len(limit) <= 18 else 0


NOTHING = Offers({})
_KNOWN = {extension.value: extension for extension in Extension}


def read_offers(answer: WireReply) -> Offers:
    """Return what ``answer`` offers; what we do not know is left out."""
    found: dict[Extension, str] = {}
    for line in answer.lines[1:]:
        word, _, parameter = line.decode("latin-1").partition(" ")
        extension = _KNOWN.get(word.upper())
        if extension is not None:
            found[extension] = parameter.strip(" ")
    return Offers(found)

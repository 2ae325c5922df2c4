"""Mail addresses as values.

Parsing a *command's* path is ``protocol.paths``'; reading a header field's mailboxes is ``mail``'s.
Here is what both yield, and the one folding under which addresses are compared.
"""

from __future__ import annotations

import unicodedata
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Address:
    """A mailbox: ``local`` as written, ``domain`` lower case, IDNs as A-labels (``xn--…``)."""

    local: str
    domain: str

    @property
    def folded(self) -> str:
        """The spelling under which two addresses are the same mailbox to us.

        Local parts are case-sensitive to RFC 5321 §2.4 and to nobody's users.
        """
        return f"{unicodedata.normalize('NFC', self.local).casefold()}@{self.domain}"

    def __str__(self) -> str:
        return f"{self.local}@{self.domain}"


def fold(address: str) -> str:
    """Return the folded spelling of ``address``; what has no ``@`` is folded as it stands."""
    local, at, domain = address.rpartition("@")
    if not at:
        return unicodedata.normalize("NFC", address).casefold()
    return f"{unicodedata.normalize('NFC', local).casefold()}@{domain.lower().rstrip('.')}"


def domain_of(address: str) -> str:
    """Return the lower-case domain of ``address``; empty when there is none (the null path)."""
    return address.rpartition("@")[2].lower().rstrip(".") if "@" in address else ""

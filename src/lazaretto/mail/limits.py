"""How much of a message is looked at.  Reaching a bound is an anomaly, never silence or an error."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """The bounds of one scan."""

    depth: int = 100
    """Parts within parts."""
    parts: int = 2_000
    """Parts of one message, all readings together."""
    parameters: int = 100
    """Parameters of one field."""
    name_length: int = 255
    """Characters of a file name."""
    names: int = 32
    """Candidate file names of one part."""
    header: int = 1 << 20
    """Octets of one header block."""
    field: int = 128 << 10
    """Octets of one field."""
    fields: int = 2_000
    """Fields of one header block."""
    mailboxes: int = 2_000
    """Mailboxes of one field."""
    delimiters: int = 100_000
    """Lines that begin with two hyphens."""
    decoded: int = 64 << 20
    """Octets of one part that are decoded at a time."""
    part_text: int = 512 << 10
    """Octets of one decoded text part that become text."""
    message_text: int = 2 << 20
    """Characters of all text parts together."""
    html: int = 1 << 20
    """Characters of HTML that are parsed."""
    urls: int = 5_000
    """URLs of one message."""
    url_length: int = 8_192
    """Characters of one URL."""
    embedded: int = 16 << 20
    """Octets of a message within a message whose encoding must be undone to look into it."""

    tidied: int = 64 << 20
    """Octets of a message that is also read as it goes on; zero for one that does not go anywhere."""


DEFAULT = Limits()

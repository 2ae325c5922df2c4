"""The words that settings of a document choose from."""

from __future__ import annotations

from enum import Enum


class MailAction(Enum):
    """What becomes of mail that a method finds."""

    OFF = "off"
    """The method is not used."""
    LOG = "log"
    """Nothing; the trace says that it was found."""
    ADD_HEADER = "add-header"
    TAG_SUBJECT = "tag-subject"
    REDIRECT = "redirect"
    """Delivered to ``redirect_address`` in place of its recipients."""
    QUARANTINE = "quarantine"
    DELETE = "delete"
    """Accepted and thrown away; the trace says so."""
    BLOCK_AND_DELETE = "block-and-delete"
    """Refused while the sender waits for our answer, deleted when it is too late for that."""


class MalwareAction(Enum):
    """What becomes of infected mail; it is never delivered."""

    QUARANTINE = "quarantine"
    DELETE = "delete"
    BLOCK_AND_DELETE = "block-and-delete"


class DmarcAction(Enum):
    """What becomes of mail for which its author's domain does not vouch."""

    OFF = "off"
    LOG = "log"
    BY_POLICY = "by-policy"
    """What the owner of the author's domain asks for: refuse, quarantine or nothing."""


class Sensitivity(Enum):
    """How much must speak against a message before it counts as spam or phishing."""

    LOW = "low"
    STANDARD = "standard"
    STRICT = "strict"

"""The words that settings of a document choose from."""

from __future__ import annotations

from enum import Enum
from typing import Final


class MailAction(Enum):
    """What becomes of mail that a method finds."""

    OFF = "off"
    LOG = "log"
    ADD_HEADER = "add-header"
    TAG_SUBJECT = "tag-subject"
    REDIRECT = "redirect"
    BULK_ADDRESS = "bulk-address"
    QUARANTINE = "quarantine"
    DELETE = "delete"
    BLOCK_AND_DELETE = "block-and-delete"

    @property
    def meaning(self) -> str:
        """What it does, for people."""
        return _MEANINGS[self]


_MEANINGS: Final = {
    MailAction.OFF: "The method is not used.",
    MailAction.LOG: "Nothing; the trace says that it was found.",
    MailAction.ADD_HEADER: "Delivered with a header field `X-Lazaretto-Found` that names the class.",
    MailAction.TAG_SUBJECT: "Delivered with a text before the subject.",
    MailAction.REDIRECT: "Delivered to `redirect_address` in place of its recipients.",
    MailAction.BULK_ADDRESS: "Delivered to `bulk_address`, where somebody looks now and then.",
    MailAction.QUARANTINE: "Kept until somebody releases or deletes it, or its time is over.",
    MailAction.DELETE: "Accepted and thrown away; the trace says so.",
    MailAction.BLOCK_AND_DELETE: "Refused while the sender waits for our answer, otherwise deleted.",
}


class MalwareAction(Enum):
    """What becomes of infected mail; it is never delivered."""

    QUARANTINE = "quarantine"
    DELETE = "delete"
    BLOCK_AND_DELETE = "block-and-delete"


class Language(Enum):
    """The language of notices to people."""

    ENGLISH = "en"
    FRENCH = "fr"
    DUTCH = "nl"
    GERMAN = "de"


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


class Audience(Enum):
    """Who gets a notice."""

    ADMINISTRATOR = "administrator"
    SENDER = "sender"
    """Only where somebody vouches for the address, and never for lists, bulk mail or programs."""
    RECIPIENT = "recipient"


class Level(Enum):
    """For whom a setting holds; the nearer one wins."""

    GLOBAL = "global"
    DOMAIN = "domain"
    GROUP = "group"

    def __gt__(self, other: Level) -> bool:
        return _NEARNESS[self] > _NEARNESS[other]

    def __lt__(self, other: Level) -> bool:
        return _NEARNESS[self] < _NEARNESS[other]

    def __ge__(self, other: Level) -> bool:
        return _NEARNESS[self] >= _NEARNESS[other]


_NEARNESS: Final = {level: number for number, level in enumerate(Level)}


class Profile(Enum):
    """What holds where a document says nothing."""

    ANNEX_1 = "annex-1"
    """The best practice of the service description."""
    STANDARD = "standard"
    """Suspicious mail rests in quarantine instead of being tagged."""
    STRICT = "strict"
    """As little as possible gets through, at the price of more that has to be released."""


class Formula(Enum):
    """Who configures the tenant."""

    REACTIVE = "reactive"
    """The tenant itself."""
    FULL_CARE = "full-care"
    """The operator."""


class QuarantineReason(Enum):
    """For what mail is caught, as people are told of it."""

    SPAM = "spam"
    BULK = "bulk"
    PHISHING = "phishing"
    IMPERSONATION = "impersonation"
    POLICY = "policy"
    UNSCANNABLE = "unscannable"
    MALWARE = "malware"

"""Where in a message an address of the web stands."""

from __future__ import annotations

from enum import Enum


class LinkSource(Enum):
    """The value is the word of malware events."""

    BODY = "body"
    ATTACHMENT = "attachment"
    """In an attached file, or in one that was inside it."""
    QR = "qr"
    """In a QR code."""
